"""The document of the REST API, and the page to read it on."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any, NamedTuple

import msgspec
import pytest

from api.problems import OF_REFUSALS, OTHERS
from domain.permissions import Scope
from mcp_server.tools import TOOLS
from tests.mcp.company import Company, generate_token
from tests.mcp.serving import SECONDS, Served
from tests.rest.client import PATH, Client

OF_SOMEBODY = {"revoke_session", "revoke_token", "replace_token", "revoke_app"}
NOBODY = "00000000-0000-7000-8000-000000000001"
Document = dict[str, Any]


class Fetched(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


def fetch(product: Served, path: str, accept: str = "*/*") -> Fetched:
    connection = HTTPConnection("127.0.0.1", product.port, timeout=SECONDS)
    connection.request("GET", path, headers={"Accept": accept})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return Fetched(
        answer.status, {name.lower(): value for name, value in answer.getheaders()}, text
    )


@pytest.fixture(scope="module")
def document(product: Served) -> Document:
    fetched = fetch(product, f"{PATH}/openapi.json")
    assert fetched.status == HTTPStatus.OK
    assert fetched.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    return msgspec.json.decode(fetched.text)


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():  # pyright: ignore[reportUnknownVariableType] - any JSON
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:  # pyright: ignore[reportUnknownVariableType] - any JSON
            yield from references(value)


def test_the_document_is_one_whole(document: Document) -> None:
    assert document["openapi"] == "3.1.0"
    for reference in references(document):
        found = document
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    assert {tag["name"] for tag in document["tags"]} == {
        tag for _, _, operation in operations(document) for tag in operation["tags"]
    }


def test_the_actions_are_called_as_the_tools_are(document: Document) -> None:
    ids = {operation["operationId"] for _, _, operation in operations(document)}
    assert {name for name, tool in TOOLS.items() if tool.writes} < ids
    assert {"search_tickets", "get_ticket_messages", "list_agents", "list_departments"} < ids


def test_every_operation_says_what_it_does_and_what_may_be_answered(document: Document) -> None:
    for path, method, operation in operations(document):
        assert operation["summary"], path
        assert not operation["summary"].endswith(".")
        assert {"400", "401", "403", "404", "421", "429", "503"} < operation["responses"].keys()
        if "requestBody" in operation:
            assert {"413", "415"} < operation["responses"].keys()
        for parameter in operation.get("parameters", ()):
            assert parameter.get("$ref") or parameter["description"], (path, parameter["name"])
        if method != "get":
            assert "409" in operation["responses"]


def test_every_change_of_a_ticket_takes_conditions(document: Document) -> None:
    for path, method, operation in operations(document):
        if path.startswith(f"{PATH}/tickets") and method != "get":
            given = [parameter.get("$ref") for parameter in operation["parameters"]]
            assert "#/components/parameters/IdempotencyKey" in given
            assert ("#/components/parameters/IfMatch" in given) == ("{" in path)


def test_bodies_take_nothing_but_what_the_document_says(document: Document) -> None:
    for path, _, operation in operations(document):
        if "requestBody" in operation:
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = document["components"]["schemas"][reference.rpartition("/")[2]]
            assert schema["additionalProperties"] is False, path


def test_there_are_two_ways_to_authenticate(document: Document, product: Served) -> None:
    schemes = document["components"]["securitySchemes"]
    assert document["security"] == [{"token": []}, {"session": []}]
    assert schemes["token"]["scheme"] == "bearer"
    assert schemes["session"]["name"] == "deskledger_session"
    assert document["servers"] == [{"url": product.desk.settings.base_url}]


class Page(HTMLParser):
    """What a page has: anchors, links within it and elsewhere, and the names of its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.elements: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name == "id":
                self.anchors.append(value or "")
            if name in {"href", "src"}:
                self.links.append(value or "")


def test_the_page_shows_all_of_the_document_without_scripts(
    product: Served, document: Document
) -> None:
    fetched = fetch(product, f"{PATH}/docs")
    assert (fetched.status, fetched.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in fetched.headers["content-security-policy"]
    page = Page(fetched.text)
    assert not page.elements & {"script", "iframe", "img", "form"}
    anchors = set(page.anchors)
    assert len(anchors) == len(page.anchors)
    assert {operation["operationId"] for _, _, operation in operations(document)} < anchors
    assert set(document["components"]["schemas"]) < anchors
    assert {link[1:] for link in page.links if link.startswith("#")} < anchors
    for link in page.links:
        assert link.startswith(("#", "/"))
        if link.startswith("/") and link != "/":
            assert fetch(product, link).status == HTTPStatus.OK, link


def test_a_problem_points_to_where_the_page_explains_it(product: Served, nobody: Client) -> None:
    where, _, anchor = nobody.get("/session").body["type"].partition("#")
    anchors = Page(fetch(product, where).text).anchors
    assert anchor in anchors
    assert {kind.code for kind in (*OF_REFUSALS.values(), *OTHERS)} <= set(anchors)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing", "/api/v1/docs/nothing"])
def test_programs_get_problems_where_nothing_is(product: Served, path: str) -> None:
    for accept in ("*/*", "text/html"):
        fetched = fetch(product, path, accept)
        assert fetched.status == HTTPStatus.NOT_FOUND
        assert fetched.headers["content-type"] == "application/problem+json"


def test_people_get_a_page_where_nothing_is(product: Served) -> None:
    fetched = fetch(product, "/nothing", "text/html,application/xhtml+xml")
    assert fetched.status == HTTPStatus.NOT_FOUND
    assert fetched.headers["content-type"].startswith("text/html")
    assert fetch(product, "/nothing").headers["content-type"] == "application/problem+json"


def test_the_scopes_that_the_document_names_are_those_it_takes(
    document: Document, product: Served, company: Company
) -> None:
    owner = company.members["Olga"].id
    tokens = {
        scope: Client(
            product.port,
            product.run(generate_token(product.desk, owner, scopes=frozenset({scope})))[0],
        )
        for scope in Scope
    }
    asked = 0
    for path, method, operation in operations(document):
        if "requestBody" in operation:
            continue  # which would be read first
        below = re.sub(r"\{(\w+)\}", NOBODY, path.removeprefix(PATH))
        named = operation["security"][0]["token"]
        for scope, client in tokens.items():
            answer = client.send(method.upper(), below, None, {})
            asked += 1
            assert answer.status != HTTPStatus.UNAUTHORIZED
            if named in ([], [scope]):
                assert answer.status != HTTPStatus.FORBIDDEN, (operation["operationId"], scope)
            elif answer.status == HTTPStatus.NOT_FOUND:
                # The rules know whose it is, so first of all whether it is.
                assert operation["operationId"] in OF_SOMEBODY
            else:
                answer.refused(403, "permission_denied")
                assert answer.body["scope"] == named[0], (operation["operationId"], scope)
    assert asked > 20 * len(Scope)
