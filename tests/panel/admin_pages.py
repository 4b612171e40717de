"""Admin's forms as tests fill them in: checkboxes of one name, and what stands in them already."""

from collections.abc import Iterable
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urlencode

from tests.sign_in.browser import FORM, Answer, Browser

AGENTS, ROLES, DEPARTMENTS = "/admin/agents", "/admin/roles", "/admin/departments"
ADD_AGENT, ADD_ROLE, ADD_DEPARTMENT = (f"{each}/add" for each in (AGENTS, ROLES, DEPARTMENTS))


class Form(NamedTuple):
    """A form of a page: its fields as a browser would send them, and what could be chosen."""

    fields: list[tuple[str, str]]
    offered: dict[str, list[str]]

    def value(self, name: str) -> str:
        return dict(self.fields).get(name, "")

    def ticked(self, name: str) -> set[str]:
        return {value for each, value in self.fields if each == name}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, Form] = {}
        self._form = Form([], {})
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name, value = found.get("name", ""), found.get("value", "")
        if tag == "form":
            self._form = self.forms.setdefault(found["action"], Form([], {}))
        elif tag == "select":
            self._select = name
        elif tag == "option":
            self._offer(self._select, value, chosen="selected" in found)
        elif tag == "input" and found.get("type") == "checkbox":
            self._offer(name, value, chosen="checked" in found)
        elif tag == "input":
            self._form.fields.append((name, value))

    def _offer(self, name: str, value: str, *, chosen: bool) -> None:
        self._form.offered.setdefault(name, []).append(value)
        if chosen:
            self._form.fields.append((name, value))


def forms_of(answer: Answer) -> dict[str, Form]:
    """Return the forms of a page, by where they go."""
    reader = _Reader()
    reader.feed(answer.text)
    return reader.forms


def send(browser: Browser, action: str, form: Form, **changed: str | Iterable[str]) -> Answer:
    """Send a form as it is, but for what is changed; of several values, each is ticked."""
    fields = [(name, value) for name, value in form.fields if name not in changed]
    for name, values in changed.items():
        fields += [(name, one) for one in ([values] if isinstance(values, str) else values)]
    headers = {"Content-Type": FORM, "Origin": browser.origin, "Sec-Fetch-Site": "same-origin"}
    return browser.send("POST", action, urlencode(fields), headers)


def save(browser: Browser, page: str, action: str, **changed: str | Iterable[str]) -> Answer:
    """Open a page and send a form of it."""
    return send(browser, action, forms_of(browser.get(page))[action], **changed)
