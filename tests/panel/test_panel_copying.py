"""Copy buttons: each leads to one thing on its page, and that is what people mean to copy."""

from html.parser import HTMLParser

import pytest

from api.snippets import PLACEHOLDER
from tests.mcp.serving import Served
from tests.panel.admin_pages import ADD_AGENT, AGENTS, save
from tests.panel.conftest import Join
from tests.panel.guarding import forge
from tests.sign_in.browser import Answer, Browser

PAGE = "/account/mcp"


class _Reader(HTMLParser):
    """Collects texts and values by id, and what buttons copy, in the page's order."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, str] = {}
        self.copied: list[str] = []
        self.faults: list[str] = []
        self._id = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "button" and "data-copy" in found:
            self.copied.append(found["data-copy"])
            if "hidden" not in found:
                self.faults.append(f"without scripts, {found} does nothing")
        self._id = found.get("id", "")
        if self._id in self.held:
            self.faults.append(f"two are called {self._id}")
        if self._id:
            self.held[self._id] = found.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._id:
            self.held[self._id] += data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser names it
        self._id = ""


def copied(page: Answer) -> dict[str, str]:
    """Return what the page's buttons copy, by its id; none copies what another does."""
    reader = _Reader()
    reader.feed(page.text)
    assert reader.faults == []
    assert len({*reader.copied}) == len(reader.copied)
    return {name: reader.held[name] for name in reader.copied}


@pytest.fixture(scope="module")
def owner(join: Join) -> Browser:
    return join("Copy", "owner")[1]


def test_the_details_of_the_connection_and_each_clients_lines_are_copied(
    product: Served, owner: Browser
) -> None:
    found = copied(owner.get(PAGE))
    assert found.pop("mcp-url") == product.url
    assert found.pop("mcp-transport") == "Streamable HTTP"
    assert found.pop("mcp-authentication") == f"Authorization: Bearer {PLACEHOLDER}"
    assert len(found) == 7
    assert all(product.url in lines for lines in found.values())
    assert len({*found.values()}) == 7


def test_a_new_token_is_copied_alone_and_in_each_clients_lines(
    product: Served, owner: Browser
) -> None:
    shown = owner.submit(PAGE, f"{PAGE}/tokens", label="Copied", kind="reading")
    found = copied(shown)
    token = found.pop("new-token")
    assert token == shown.fields(f"{PAGE}/test")["token"]
    assert len({*found.values()}) == 7
    assert all(product.url in lines for lines in found.values())
    # VS Code asks for it, and claude.ai takes none.
    assert sum(token in lines for lines in found.values()) == 5


def test_a_password_link_and_a_clients_secret_are_copied(
    product: Served, owner: Browser, word: str
) -> None:
    made = save(owner, f"{AGENTS}/new", ADD_AGENT, name=word, email=f"{word}@copy.example")
    (link,) = copied(made).values()
    base = product.desk.settings.base_url
    assert link.startswith(f"{base}/password?agent=")
    assert Browser(product.port).get(link.removeprefix(base)).status == 200
    form = {"name": word, "redirect_uris": f"https://{word}.example/cb", "kind": "confidential"}
    found = copied(forge(owner, "/admin/clients/register", **form))
    assert found.pop("client-secret").startswith("dl_cs_")
    assert found == {"client-id": word, "mcp-url": product.url}
