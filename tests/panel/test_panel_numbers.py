"""Numbers on pages against what was done: the month's use, its thresholds, and how the system stands."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import NamedTuple

import psycopg
import pytest
from msgspec.structs import replace

from api.pages.admin.budget_month import forecast, limit_at, month_of, tone_of
from api.pages.admin.system import size
from domain.agent import DeactivateAgent
from domain.application import Wish
from domain.permissions import Permission
from domain.standing import BudgetStanding, budget_standing
from infra.desk import new_id
from infra.migrations import migrations
from projections.all import VIEWS
from projections.usage import LimitChange
from tests.database import Databases
from tests.mcp.company import Company, add_agent, add_department, filled
from tests.mcp.serving import Served, served
from tests.mcp.wire import CLIENT_INFO, call
from tests.oauth.oauth_grants import connect_app
from tests.oauth.oauth_visiting import documented, dynamic, keep
from tests.oauth.oauth_visiting import registered as registered_as
from tests.panel.conftest import Join, RoleOf
from tests.panel.entering import entered
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser

BUDGET, SYSTEM = "/admin/budget", "/admin/system"


class Counted(NamedTuple):
    """A company of which all calls are counted here."""

    product: Served
    company: Company
    olga: Browser

    def call(self, name: str, client: str, tool: str, times: int = 1) -> None:
        said = {CLIENT_INFO: {"name": client, "version": "1"}}
        asked = {"ticket_id": "ZZZ-99999"} if tool == "get_tags" else {}
        for _ in range(times):
            call(self.company.token(name), tool, said, **asked).send(self.product.port)
        self.product.settle()


def text_of(browser: Browser, path: str) -> str:
    """Return a page as it is read, a tag as a space."""
    page = browser.get(path)
    assert page.status == 200, page
    return " ".join(unescape(re.sub("<[^>]+>", " ", page.text)).split())


@pytest.fixture
def counted(databases: Databases) -> Iterator[Counted]:
    with databases.copy_filled(filled) as (url, company), served(url) as product:
        yield Counted(product, company, entered(product, company.members["Olga"]))


def cells(page: str, heading: str) -> list[list[str]]:
    """Return the rows of the tables below a heading, up to the next one."""
    part = page.partition(f"<h2>{heading}</h2>")[2].partition("<h2>")[0]
    rows = [row for row in re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL) if "<td" in row]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in row] for row in found]


def test_the_chart_its_table_and_who_used_what_add_up_to_what_was_called(counted: Counted) -> None:
    counted.call("Ana", "Alpha", "list_departments", 3)
    counted.call("Ana", "Alpha", "get_tags")  # of a ticket that there is not
    counted.call("Ben", "Beta", "list_agents", 2)
    page = counted.olga.get(BUDGET).text
    first = datetime.now(UTC).date().replace(day=1)
    assert "Used 5 Left 4,995 Limit 5,000" in text_of(counted.olga, BUDGET)
    assert '<progress value="5" max="5000"' in page
    # One day, unless it was midnight meanwhile.
    days = cells(page, "By day")
    bars = re.findall(r'y="(\d+)" width="14" height="(\d+)".*?<title>(\S+): (\d+)</title>', page)
    assert [[day, charged] for _, _, day, charged in bars] == [row[:2] for row in days]
    assert [sum(int(row[column]) for row in days) for column in (1, 2)] == [5, 6]
    ticks = re.findall(r'y="(\d+)" text-anchor="end">(\d+)<', page)
    (floor, nothing), *_, (top, most) = [(int(y), int(value)) for y, value in ticks]
    assert nothing == 0
    for y, height, _, charged in bars:
        assert int(height) == round((floor - top) * int(charged) / most)
        assert int(y) + int(height) == floor - 5  # where words stand below their line
    assert cells(page, "By agent") == [["Ana", "60 %", "3", "4"], ["Ben", "40 %", "2", "2"]]
    assert cells(page, "By client") == [["Alpha", "60 %", "3", "4"], ["Beta", "40 %", "2", "2"]]
    assert cells(page, "By tool") == [
        ["list_departments", "60 %", "3", "3"],
        ["list_agents", "40 %", "2", "2"],
        ["get_tags", "0 %", "0", "1"],
    ]
    # All of the month, which ends where the next one begins.
    assert re.findall(r"/audit\?agent_id=[^\"]+;from=(\S+?)T00%3A00&amp;to=(\S+?)T00", page) == [
        (f"{first}", f"{(first + timedelta(days=31)).replace(day=1)}") for _ in range(2)
    ]
    shares = re.findall(r'<rect width="(\d+)" height="8"', page)
    assert shares == ["60", "40"] * 3


def test_thresholds_are_told_as_they_are_reached_and_what_then_is_refused(
    counted: Counted,
) -> None:
    limit = {"kind": "fixed", "monthly_limit": "8"}
    assert forge(counted.olga, f"{BUDGET}/limit", **limit).status == 303
    none = ["not reached"] * 3
    for calls, tone, reached in (
        (6, "", none),
        (1, "careful", ["reached", *none[1:]]),
        (1, "bad", ["reached"] * 3),
    ):
        counted.call("Ana", "Alpha", "list_departments", calls)
        page = counted.olga.get(BUDGET).text
        rows = cells(page, "Thresholds")
        assert [row[:2] for row in rows] == [["80 %", "7"], ["95 %", "8"], ["100 %", "8"]]
        assert [row[2].partition(" 2")[0] for row in rows] == reached
        (progress,) = re.findall(r"<progress .*?(?: class=\"(\w+)\")?></progress>", page)
        assert progress == tone
        assert ("Nothing is left" in page) == (tone == "bad")
        assert ("Nothing is left" in text_of(counted.olga, "/account/mcp")) == (tone == "bad")
    assert "8 of 8 tool calls used by all agents together" in text_of(counted.olga, "/account/mcp")
    counted.call("Ben", "Beta", "list_agents")
    page = counted.olga.get(BUDGET).text
    agents = cells(page, "By agent")
    assert agents[0] == ["Ana", "100 %", "8", "8"]
    assert ["Ben", "0 %", "0", "1"] in agents[1:]
    assert "8 calls a month, fixed." in text_of(counted.olga, BUDGET)
    latest, before, *_ = cells(page, "Limit")
    assert latest[1:] == ["8", "Olga panel", "fixed"]
    assert before[1:] == ["5,000", "inside the house cli", "5 seats"]


def test_the_system_is_told_as_the_database_has_it(
    product: Served, desk_database: str, olga: Browser
) -> None:
    before = product.run(product.desk.system())
    text = text_of(olga, SYSTEM)
    with psycopg.connect(desk_database) as connection:
        log = connection.execute("SELECT max(notification_id) FROM acct_main.events").fetchone()
        server = connection.execute("SHOW server_version").fetchone()
    assert log
    assert server
    position = f"{log[0]:,}"
    twins = (before, product.run(product.desk.system()))
    databases = [twin.database for twin in twins]
    # Nothing is written meanwhile, but the database may tidy up.
    assert any(f"Log position {position}, {size(one.log_bytes)} " in text for one in databases)
    assert any(f"Views position {position}, {size(one.views_bytes)} " in text for one in databases)
    table = olga.get(SYSTEM).text.partition("<h2>Settings</h2>")[2]
    is_set = {
        name: 'open">set<' in row
        for name, row in re.findall(
            r'<th scope="row"><code>(\w+)</code>(.*?)</tr>', table, re.DOTALL
        )
    }
    assert is_set == {one.name: not one.default for one in before.settings}
    assert len({*is_set.values()}) == 2
    assert "To come nothing: the views show all of the log" in text
    assert f"PostgreSQL {server[0].split()[0]}, " in text
    assert f"Migrations {len(migrations())} of {len(migrations())} " in text
    standing = product.run(budget_standing(product.desk.helpdesk))
    assert f"Budget {standing.used:,} of {standing.limit:,} tool calls used" in text
    listed = text.partition("Each view")[2].partition("All views move together")[0]
    for view in VIEWS:
        assert f" {view.name} {view.version} {position} up to date" in listed


STANDING = BudgetStanding(
    limit=100,
    used=30,
    remaining=70,
    resets_at=datetime(2026, 7, 1, tzinfo=UTC),
    monthly_limit=100,
    seats=1,
    calls_per_seat=100,
    fixed=False,
    version=1,
)
JUNE = month_of("", date(2026, 6, 11))


def test_a_month_is_foreseen_by_its_pace_once_it_has_one() -> None:
    tenth = datetime(2026, 6, 11, tzinfo=UTC)
    assert forecast(STANDING, JUNE, tenth) == 90
    assert forecast(STANDING, JUNE, tenth - timedelta(days=7)) == 300
    assert forecast(STANDING, JUNE, tenth - timedelta(days=8)) is None
    assert forecast(replace(STANDING, used=0), JUNE, tenth) is None
    assert forecast(STANDING, month_of("2026-05", tenth.date()), tenth) is None


@pytest.mark.parametrize(
    ("used", "tone"), [(0, ""), (79, ""), (80, "careful"), (99, "careful"), (100, "bad")]
)
def test_use_is_shown_in_the_tone_of_what_is_left(used: int, tone: str) -> None:
    assert tone_of(replace(STANDING, used=used, remaining=100 - used)) == tone


def test_a_past_month_has_the_limit_that_held_at_its_end() -> None:
    changes = [
        LimitChange(at, limit, "panel")
        for at, limit in (
            (datetime(2026, 7, 1, tzinfo=UTC), 300),
            (datetime(2026, 6, 30, 23, 59, tzinfo=UTC), 200),
            (datetime(2026, 5, 9, tzinfo=UTC), 100),
        )
    ]
    today = date(2026, 8, 1)
    limits = {text: limit_at(changes, month_of(text, today)) for text in ("2026-07", "2026-06")}
    assert limits == {"2026-07": 300, "2026-06": 200}
    assert limit_at(changes, month_of("2026-05", today)) == 100
    assert limit_at(changes, month_of("2026-04", today)) is None


def test_lists_tell_how_many_work_where_and_have_which_role(
    adam: Browser, product: Served, role_of: RoleOf
) -> None:
    place = product.run(add_department(product.desk, f"Number {new_id()}"))
    role, names = role_of(Permission.TICKETS_READ), [f"N{new_id().hex}" for _ in range(3)]
    left, *_ = [product.run(add_agent(product.desk, name, role, place)) for name in names]
    product.run(product.desk.execute(Wish(DeactivateAgent(agent=left.id))))
    for path, key in (("/admin/departments", place), ("/admin/roles", role)):
        (row,) = re.findall(rf'<a href="{path}/{key}">.*?</tr>', adam.get(path).text, re.DOTALL)
        assert re.sub("<[^>]+>", " ", row).split()[-1] == "2"
        page = adam.get(f"{path}/{key}").text
        assert [name in page for name in names] == [False, True, True]


def test_clients_tell_how_they_are_known_and_how_many_let_them_in(
    adam: Browser, product: Served, join: Join, word: str
) -> None:
    members = [join(f"Client {number}")[0] for number in range(2)]
    published, registered = documented(f"{word}.example", name=f"P {word}"), f"r-{word}"
    by_hand = keep(product, registered_as(registered))
    for client in (published, by_hand):
        for member in members:
            product.run(connect_app(product.desk, member.id, client))
    product.run(connect_app(product.desk, members[0].id, dynamic(word, name=f"D {word}")))
    page = adam.get("/admin/clients").text
    uses = {row[0]: row for row in cells(page, "Clients in use")}
    for name, known, agents in (
        (f"“P {word}”", f"a document https://{word}.example/client.json", "2"),
        (f"“Our {registered}”", "registered here", "2"),
        (f"“D {word}”", "registering itself", "1"),
    ):
        assert uses[name][1] == known
        assert uses[name][3] == agents
    (row,) = [row for row in cells(page, "Registered clients") if registered in row[0]]
    assert row[3] == "2"
    assert "2 agents let it in" in row[4]
    assert forge(adam, "/admin/clients/remove", client=registered).status == 303
