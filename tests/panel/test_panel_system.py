"""The system's page: who serves, how far the views are, and what to do where they stand still."""

import asyncio
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import pytest
from msgspec.structs import replace

from api.cookies import session_cookie_name
from api.pages.admin.system import concerns_of, lasting, size
from api.system import (
    DatabaseState,
    HousekeepingRound,
    ServerProcess,
    System,
    ViewsState,
    ViewState,
)
from domain.application import Wish
from domain.secret import SESSION, digest_of, encode_secret
from domain.session import OpenSession
from infra.desk import Desk, new_id
from infra.settings import Settings
from tests.database import Databases
from tests.mcp.company import Company, filled
from tests.mcp.serving import served, until, workers
from tests.panel.guarding import assert_guarded, assert_harmless
from tests.sign_in.browser import Answer, Browser

PAGE = "/admin/system"


async def enter(url: str, company: Company) -> str:
    """Open a session of the owner's, past all processes that serve."""
    secret = encode_secret(SESSION, os.urandom(32))
    opened = OpenSession(
        session=new_id(),
        agent=company.members["Olga"].id,
        digest=digest_of(secret).hex(),
        expires_at=datetime.now(UTC) + timedelta(days=1),
    )
    async with Desk(Settings(database_url=url)).open(follow=False) as desk:
        await desk.execute(Wish(opened))
    return secret


def browser_at(port: int, secret: str) -> Browser:
    return Browser(port, **{session_cookie_name(f"http://127.0.0.1:{port}"): secret})


def processes(answer: Answer) -> list[tuple[str, ...]]:
    """Return the cells of each process that serves."""
    table = answer.text.partition("Processes that serve")[2].partition("</table>")[0]
    rows = re.findall(r"<tr>\n(.*?)</tr>", table, re.DOTALL)[0:]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [tuple(re.sub(r"<[^>]+>", "", cell) for cell in row) for row in cells if row]


@contextmanager
def held(url: str, lock: str) -> Generator[None]:
    """Hold a lock of the account's as another session does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (lock,))
        yield


def test_the_page_tells_how_the_system_stands(olga: Browser, ana: Browser) -> None:
    until(lambda: "moves the views" in olga.get(PAGE).text)
    page = olga.get(PAGE)
    assert_harmless(page)
    assert_guarded(page)
    for words in ("All is well", "PostgreSQL", "nothing: the views show all", "RATE_PER_ADDRESS"):
        assert words in page.text
    (process,) = [line for line in processes(page) if str(os.getpid()) in line[0]]
    assert "answered this" in process[0]
    told = olga.send("GET", "/api/v1/system", "", {"Accept": "application/json"})
    twin = msgspec.json.decode(told.text, type=System)
    assert [one.pid for one in twin.processes if one.answers and one.projects] == [os.getpid()]
    assert (twin.views.position, twin.views.waiting) == (twin.position, 0)
    assert ana.get(PAGE).status == 403
    assert f'href="{PAGE}"' not in ana.get("/account").text


def test_two_workers_are_seen_of_which_one_moves_the_views(databases: Databases) -> None:
    with databases.copy_filled(filled) as (url, company), workers(url) as (one, other):
        secret = asyncio.run(enter(url, company))
        pages = [browser_at(worker.port, secret).get(PAGE) for worker in (one, other)]
        lines = [processes(page) for page in pages]
        for seen in lines:
            assert len(seen) == 2
            assert sorted(line[-1] for line in seen) == ["moves the views", "stands by"]
        answered = [line[0].split()[0] for seen in lines for line in seen if " " in line[0]]
        assert len(set(answered)) == 2


def test_the_page_says_why_the_views_stand_still_and_what_to_do(databases: Databases) -> None:
    with databases.copy_filled(filled) as (url, company), served(url) as product:
        browser = browser_at(product.port, asyncio.run(enter(url, company)))
        with psycopg.connect(url) as connection:
            connection.execute(
                "INSERT INTO acct_main.events (originator_id, originator_version, topic, state) "
                "SELECT gen_random_uuid(), 1, 'ticket.<unheard>', state FROM acct_main.events LIMIT 1"
            )
        until(lambda: "The views stand still" in browser.get(PAGE).text)
        page = browser.get(PAGE)
        assert page.status == 200
        assert_harmless(page)
        for words in (
            "ticket.&lt;unheard&gt;",
            "views rebuild",
            "1 fact, the first",
            "stands still",
        ):
            assert words in page.text
        assert "All is well" not in page.text


def test_the_page_says_when_nobody_moves_the_views(databases: Databases) -> None:
    with (
        databases.copy_filled(filled) as (url, company),
        held(url, "acct_main projector"),
        served(url) as product,
    ):
        with psycopg.connect(url) as connection:
            # What is an hour old is late.
            state = b'{"fact":{},"envelope":{"recorded_at":"2026-01-01T00:00:00Z"}}'
            connection.execute(
                "INSERT INTO acct_main.events (originator_id, originator_version, topic, state) "
                "VALUES (gen_random_uuid(), 1, 'x.y', %s)",
                (state,),
            )
        page = browser_at(product.port, asyncio.run(enter(url, company))).get(PAGE)
        assert "A command moves the views" in page.text
        assert "2026-01-01" in page.text
        assert re.search(r"The views are \d facts behind", page.text)
        assert [line[-1] for line in processes(page)] == ["stands by"]


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DATABASE = DatabaseState(
    place="db:5432/desk",
    version="18.1",
    log_bytes=1,
    views_bytes=1,
    migrations=3,
    migrations_known=3,
)
VIEWS = ViewsState(
    position=9,
    waiting=0,
    waiting_since=None,
    failure=None,
    rebuilding=False,
    views=[ViewState("tickets", 2, 2)],
)
PROCESS = ServerProcess(
    pid=7, address=None, connected_at=NOON, heard_at=NOON, projects=True, answers=True
)
WELL = System(
    at=NOON,
    version="1.0",
    url="https://desk.example",
    started_at=NOON,
    position=9,
    database=DATABASE,
    views=VIEWS,
    processes=[PROCESS],
    projected_elsewhere=False,
    housekeeping=None,
    settings=[],
)
LATE = replace(VIEWS, waiting=1_234, waiting_since=NOON - timedelta(seconds=11))
JUST_NOW = replace(VIEWS, waiting=3, waiting_since=NOON - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("system", "told"),
    [
        (WELL, ""),
        (replace(WELL, views=JUST_NOW), ""),
        (replace(WELL, views=LATE), "The views are 1,234 facts behind."),
        (
            replace(WELL, views=LATE, processes=[replace(PROCESS, projects=False)]),
            "No process moves the views.",
        ),
        (replace(WELL, views=replace(VIEWS, failure="x")), "The views stand still: x."),
        (replace(WELL, views=replace(VIEWS, position=None, views=[])), "There are no views."),
        (
            replace(WELL, views=replace(VIEWS, views=[ViewState("tickets", 1, 2)])),
            "The views are not those of this version.",
        ),
        (
            replace(WELL, database=replace(DATABASE, migrations=4)),
            "The database is newer than this process.",
        ),
        (
            replace(WELL, database=replace(DATABASE, migrations=2)),
            "The database is older than this process.",
        ),
        (
            replace(WELL, processes=[]),
            "The process that answers here has no session of its own with PostgreSQL.",
        ),
        (
            replace(WELL, housekeeping=HousekeepingRound(NOON, ["Throttle.remove_old"])),
            "Housekeeping could not do all: Throttle.remove_old.",
        ),
        (replace(WELL, housekeeping=HousekeepingRound(NOON, [])), ""),
    ],
)
def test_what_is_not_as_it_should_be_is_told_with_a_remedy(system: System, told: str) -> None:
    concerns = concerns_of(system)
    assert [concern.what for concern in concerns] == [told] * bool(told)
    assert all(concern.remedy for concern in concerns)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        *((-1, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3_600, "1 h 0 min")),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_are_told_in_two_units(seconds: int, told: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == told


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 bytes"), (1_500, "1.5 kB"), (2 * 10**15, "2000.0 TB")]
)
def test_sizes_are_told_in_units_of_a_thousand(number: int, told: str) -> None:
    assert size(number) == told
