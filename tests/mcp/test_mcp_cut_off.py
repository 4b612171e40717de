"""Clients that hang up, streams, and answers that cannot be what they should: what is left behind."""

import asyncio
import logging
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import psycopg
import pytest
from mcp.client.client import Client

from domain.access_tokens import RevokeToken
from domain.application import Wish
from domain.ticket.facts import TagsAdded
from tests.mcp.clients import answer_of
from tests.mcp.company import Company, Ticket, generate_token
from tests.mcp.records import Log
from tests.mcp.serving import SECONDS, Served, until
from tests.mcp.wire import Request, call, legacy_call, read_answer

Fresh = Callable[..., Ticket]
Make = Callable[..., Request]
STREAMING = {"progressToken": "p"}
WAYS = {
    "modern": call,
    "modern stream": partial(call, meta=STREAMING),
    "legacy": legacy_call,
    "legacy stream": partial(legacy_call, meta=STREAMING),
}
EVERY_WAY = pytest.mark.parametrize("make", WAYS.values(), ids=WAYS)
BOTH_ERAS = pytest.mark.parametrize("make", [call, legacy_call], ids=["modern", "legacy"])


@contextmanager
def appends_held_up(log: Log) -> Generator["HeldUp"]:
    """Hold the lock of appends until released."""
    with psycopg.connect(log.database) as connection:
        key = "hashtextextended('acct_main append', 0)"
        connection.execute(f"SELECT pg_advisory_xact_lock({key})".encode())
        yield HeldUp(log, connection)
        connection.rollback()


class HeldUp(NamedTuple):
    log: Log
    connection: psycopg.Connection[Any]

    def await_one(self) -> None:
        """Wait until an append stands in the queue for the lock."""
        waiting = (
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
            "WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
        )
        until(lambda: self.log.value(waiting) > 0)

    def release(self) -> None:
        self.connection.rollback()


@EVERY_WAY
def test_a_client_that_hangs_up_in_the_middle_of_a_write_does_not_undo_it(
    product: Served,
    company: Company,
    log: Log,
    fresh: Fresh,
    make: Make,
) -> None:
    ticket = fresh().code
    request = make(
        company.token("Ana"), "add_tags", ticket_id=ticket, tags=["kept"], idempotency_key=ticket
    )
    with log.watched() as watched:
        before = log.head()
        with (
            appends_held_up(log) as held_up,
            socket.create_connection(("127.0.0.1", product.port)) as connection,
        ):
            connection.sendall(request.raw(product.port))
            held_up.await_one()
        until(lambda: log.head() > before)
        # The retry finds what was done.
        answer = request.send(product.port)
    assert b'\\"replayed\\":true' in answer.body
    assert [made.fact.outcome for made in watched.calls] == ["ok", "replayed"]
    assert [fact for fact in watched.facts if isinstance(fact, TagsAdded)] == [
        TagsAdded(tags=("kept",))
    ]
    assert watched.charged == 1


@EVERY_WAY
def test_a_credential_that_dies_in_the_middle_of_a_call_is_answered_with_401(
    product: Served, company: Company, log: Log, make: Make
) -> None:
    ana, desk = company.members["Ana"].id, product.desk
    token, credential = product.run(generate_token(desk, ana))
    request = make(token, "list_departments")
    assert request.send(product.port).status == 200
    with log.watched() as watched:
        with (
            appends_held_up(log) as held_up,
            socket.create_connection(("127.0.0.1", product.port)) as connection,
        ):
            revoke = desk.execute(Wish(RevokeToken(agent=ana, token=credential)))
            revoking = asyncio.run_coroutine_threadsafe(revoke, product.loop)
            held_up.await_one()
            queries = desk.pool.get_stats()["requests_num"]
            connection.sendall(request.raw(product.port))
            # It was let in and has its answer, which now queues behind the revocation.
            until(lambda: desk.pool.get_stats()["requests_num"] > queries)
            until(lambda: pool_is_whole(product))
            held_up.release()
            answer = read_answer(connection)
        revoking.result(SECONDS)
    assert answer
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert watched.calls == []


@BOTH_ERAS
def test_a_call_that_asks_for_progress_is_answered(
    product: Served, company: Company, log: Log, make: Make
) -> None:
    with log.watched() as watched:
        answer = make(company.token("Ana"), "list_departments", STREAMING).send(product.port)
    assert answer.status == 200
    assert b"Billing" in answer.body
    assert answer.headers["content-type"].split(";")[0] == (
        "application/json" if make is call else "text/event-stream"
    )
    assert watched.call.fact.outcome == "ok"


@pytest.mark.anyio
async def test_a_client_that_listens_for_progress_gets_its_answer(ana: Client) -> None:
    told: list[object] = []

    async def listen(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    answered = await ana.call_tool("list_departments", {}, progress_callback=listen)
    assert len(answer_of(answered)["departments"]) == 3


@BOTH_ERAS
def test_requests_cut_off_anywhere_leave_nothing_behind(
    product: Served, company: Company, make: Make
) -> None:
    request = make(company.token("Ana"), "list_departments", STREAMING)
    assert request.send(product.port).status == 200
    tasks = product.run(count_tasks())
    raw = request.raw(product.port)
    for end in range(10, len(raw) + 1, len(raw) // 20):
        with socket.create_connection(("127.0.0.1", product.port)) as connection:
            connection.sendall(raw[:end])
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", product.port)) as connection:
            connection.sendall(raw)
    until(lambda: product.run(count_tasks()) <= tasks and pool_is_whole(product))
    assert request.send(product.port).status == 200


def pool_is_whole(product: Served) -> bool:
    stats = product.desk.pool.get_stats()
    return stats["pool_available"] == stats["pool_size"]


async def count_tasks() -> int:
    return len(asyncio.all_tasks())


def test_a_write_that_the_views_do_not_show_in_time_is_answered_all_the_same(
    product: Served, company: Company, fresh: Fresh, log: Log
) -> None:
    request = call(company.token("Ana"), "add_tags", ticket_id=fresh().code, tags=["late"])
    with psycopg.connect(log.database) as blocker, log.watched() as watched:
        blocker.execute("SELECT FROM acct_main_views.notification_tracking FOR UPDATE")
        answer = request.send(product.port).json()["result"]["structuredContent"]
        blocker.rollback()
    assert (answer["views_behind"], answer["changed"], answer["tags"]) == (True, True, ["late"])
    assert watched.facts == [TagsAdded(tags=("late",))]


@BOTH_ERAS
def test_a_fault_of_ours_is_recorded_and_told_without_its_reasons(
    product: Served,
    company: Company,
    log: Log,
    make: Make,
    caplog: pytest.LogCaptureFixture,
) -> None:
    request = make(company.token("Ana"), "list_departments")
    with log.watched() as watched, hidden("acct_main_views.departments", log):
        answer = request.send(product.port)
    assert answer.json()["error"] == {"code": -32603, "message": "Internal error"}
    assert (watched.call.fact.outcome, watched.charged) == ("internal_error", 0)
    traced = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert any(str(watched.call.id) in message for message in traced)
    assert request.send(product.port).status == 200


@contextmanager
def hidden(table: str, log: Log) -> Generator[None]:
    schema, name = table.split(".")
    log.execute(f"ALTER TABLE {table} RENAME TO hidden")
    try:
        yield
    finally:
        log.execute(f"ALTER TABLE {schema}.hidden RENAME TO {name}")
