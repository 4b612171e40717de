"""The audit trail as a file that comes to no end: nobody takes it for the whole."""

import asyncio
import json
import logging
import socket
from collections.abc import Generator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from typing import NamedTuple

import pytest

from domain.agent import ChangeRole
from domain.application import Insider, Wish
from domain.caller import insider
from domain.permissions import Role
from domain.proposal import ToolCall
from domain.refusals import Code, Refused
from infra.desk import Desk, new_id
from infra.migrations import migrate
from infra.postgres.embedded import EmbeddedPostgres
from tests.database import temporary_folder
from tests.mcp.company import Company, filled
from tests.mcp.serving import SECONDS, Served, served
from tests.sign_in.browser import Browser
from tests.sign_in.conftest import PASSWORD, give_password

# Much more than a connection takes that nobody reads.
CALLS, WORDS = 640, "x" * 16_000
FEW_BYTES = 4096


class Mortal(NamedTuple):
    """A product on a database of its own, with much in its trail."""

    server: EmbeddedPostgres
    product: Served
    company: Company


@pytest.fixture(scope="module")
def mortal() -> Generator[Mortal]:
    with temporary_folder() as folder, EmbeddedPostgres(folder, durable=False) as server:
        migrate(server.url())
        company = filled(server.url())
        with served(server.url()) as product:
            product.run(fill(product.desk))
            yield Mortal(server, product, company)


async def fill(desk: Desk) -> None:
    refused = Refused(Code.NOT_FOUND, "There is no such tool.")
    calls = [ToolCall(new_id(), "no_such_tool", {"words": WORDS}, units=0) for _ in range(CALLS)]
    identity = Insider(insider("system"))
    done = [desk.helpdesk.refuse(identity, call, refused) for call in calls]
    assert await asyncio.gather(*done, return_exceptions=True) == [refused] * CALLS


@contextmanager
def begun(mortal: Mortal, who: str) -> Generator[HTTPResponse]:
    """Ask for the file, and read no more than its head."""
    member = mortal.company.members[who]
    give_password(mortal.product, member, PASSWORD)
    browser = Browser(mortal.product.port)
    assert browser.sign_in(member.email, PASSWORD).status == 303
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    connection = HTTPConnection("127.0.0.1", mortal.product.port, timeout=SECONDS)
    connection.sock = socket.socket()
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, FEW_BYTES)
    connection.sock.connect(("127.0.0.1", mortal.product.port))
    connection.request("GET", "/audit/export.jsonl", headers={"Cookie": cookies})
    answer = connection.getresponse()
    assert answer.status == 200
    yield answer
    connection.close()


def assert_broken_off(answer: HTTPResponse) -> None:
    with pytest.raises(IncompleteRead) as cut:
        answer.read()
    whole, _, _ = cut.value.partial.rpartition(b"\n")
    lines = [json.loads(line) for line in whole.splitlines()]
    assert 0 < len(lines) < CALLS


def errors_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of errors, which is to be a line each."""
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.exc_info for record in errors] == [None] * len(errors)
    return [record.getMessage() for record in errors]


def test_who_loses_the_right_meanwhile_gets_no_more(
    mortal: Mortal, caplog: pytest.LogCaptureFixture
) -> None:
    adam = mortal.company.members["Adam"].id
    with begun(mortal, "Adam") as answer:
        demoted = ChangeRole(agent=adam, role=Role.AGENT)
        mortal.product.run(mortal.product.desk.execute(Wish(demoted)))
        assert_broken_off(answer)
    assert errors_in(caplog) == ["broke off an export, as its reader may read it no longer"]


def test_a_file_that_the_database_leaves_is_broken_off(
    mortal: Mortal, caplog: pytest.LogCaptureFixture
) -> None:
    with begun(mortal, "Olga") as answer:
        mortal.server.stop()
        assert_broken_off(answer)
    assert errors_in(caplog) == ["broke off an export, as the database does not answer"]
    mortal.server.start()
