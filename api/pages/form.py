"""Forms as they were sent: their fields, and what several pages read out of them."""

import contextlib
import hashlib
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Request

from domain.refusals import Code, Refused

Form = dict[str, str]

_FIELDS = 600  # one of them may be ticked for each department
_DIGITS = 18  # fit into 64 bits
_AT = re.compile(r"\$\.(\w+)")
_FORMS = "application/x-www-form-urlencoded"


class Sent(Form):
    """A form as it was sent: of what stands in it several times, the last counts, or `all` of it."""

    def __init__(self, fields: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(fields)
        self.fields = fields

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.fields if each == name]


async def sent_in(request: Request[Any, Any, Any]) -> Sent:
    """Read a request's form; refuse with `invalid_arguments` what is none, or of too many fields."""
    kind, _, _ = request.headers.get("content-type", "").partition(";")
    fields = None
    if kind.strip().lower() == _FORMS:
        with contextlib.suppress(ValueError):
            text = (await request.body()).decode("ascii")
            fields = parse_qsl(
                text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS
            )
    if fields is None:
        raise Refused(Code.INVALID_ARGUMENTS, "This is no form of ours.")
    return Sent(fields)


def key_of(form: Form, wish: msgspec.Struct, *place: str) -> str | None:
    """Return the key under which a form that is sent twice is carried out once, if it has one.

    What was filled in is a part of it: the same form with another name is another request.
    """
    if not form.get("key"):
        return None
    asked = msgspec.json.encode((form["key"], *place, type(wish).__name__, wish))
    return f"panel-{hashlib.sha256(asked).hexdigest()}"


def field_of(error: msgspec.ValidationError) -> str:
    """Return the name of the field that does not fit; nothing where it is none of them."""
    at = _AT.search(str(error))
    return at.group(1) if at else ""


def id_in(form: Form, name: str) -> UUID:
    """Return the id that a form names; refuse with `not_found` what is none."""
    try:
        return UUID(form.get(name, ""))
    except ValueError:
        raise Refused(Code.NOT_FOUND, f"There is no such {name}.") from None


def version_in(form: Form) -> int:
    """Return the version of what a form was filled in from; refuse with `invalid_arguments` none."""
    version = form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) <= _DIGITS):
        raise Refused(Code.INVALID_ARGUMENTS, "This form is out of date. Open the page again.")
    return int(version)


def new_password_in(form: Form) -> str:
    """Return a new password that was typed twice alike; refuse with `invalid_arguments` others."""
    password = form.get("password", "")
    if password != form.get("again", ""):
        raise Refused(Code.INVALID_ARGUMENTS, "The two passwords differ. Type the same one twice.")
    return password
