"""Times on pages: the instant for scripts, the same in UTC for people, whatever zone anything is in."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from domain.ticket.commands import ResolveTicket
from tests.database import Databases
from tests.mcp.company import Company, act, filled
from tests.mcp.serving import Served, served
from tests.mcp.wire import call
from tests.oauth.oauth_grants import connect_app
from tests.panel.entering import entered
from tests.sign_in.browser import Browser

_TIME = re.compile(r'<time datetime="([^"]*)" title="([^"]*)">([^<]*)</time>')
# A date with a time that no `<time>` holds: no script would ever tell it in the viewer's zone.
_BARE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")


@pytest.fixture(scope="module")
def abroad(databases: Databases) -> Iterator[tuple[Served, Company, Browser]]:
    """A company whose database keeps another time than UTC, and its owner's browser."""
    with databases.copy_filled(filled) as (url, company):
        with psycopg.connect(url, autocommit=True) as connection:
            name = Identifier(connection.info.dbname)
            connection.execute(SQL("ALTER DATABASE {} SET timezone = 'Asia/Tokyo'").format(name))
        with served(url) as product:
            olga, ticket = company.members["Olga"], company.tickets["lid"]
            app = product.run(connect_app(product.desk, olga.id)).access_token
            for secret in (olga.token, app):
                assert call(secret, "list_agents").send(product.port).status == 200
            product.run(act(product.desk, ResolveTicket(ticket_id=str(ticket.id))))
            browser = entered(product, olga)
            assert browser.is_signed_in()
            product.run(product.desk.authenticator.write_down_uses())
            yield product, company, browser


def test_every_time_is_told_as_the_instant_that_it_is(
    abroad: tuple[Served, Company, Browser],
) -> None:
    _, company, browser = abroad
    olga, ticket = company.members["Olga"], company.tickets["lid"]
    (line, *_) = re.findall(r"/audit/calls/\d+", browser.get("/audit?tool=list_agents").text)
    (fact, *_) = re.findall(r"/audit/facts/\d+", browser.get("/audit/facts").text)
    for path, number in (
        ("/account", 1),
        ("/account/mcp", 6),  # of a token three, of an app two, and the budget's
        ("/tickets", 12),
        (f"/tickets/{ticket.code}", 14),
        ("/audit", 2),
        (line, 1),
        ("/audit/facts", 50),
        (fact, 1),
        (f"/admin/agents/{olga.id}", 6),
        ("/admin/budget", 9),
        ("/admin/clients", 1),
        ("/admin/system", 3),
    ):
        page = browser.get(path)
        assert page.status == 200, page
        times = _TIME.findall(page.text)
        assert number <= len(times) == page.text.count("<time"), path
        for instant, title, text in times:
            at = datetime.fromisoformat(instant)
            assert at.tzinfo, "a browser would take it for a time of its own zone"
            assert title == f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            assert text == f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        # As JSON tells it, it is the record, word for word.
        bare = _BARE.findall(_TIME.sub("", page.text.partition("<pre")[0]))
        assert bare == [], path


def instants(part: str) -> list[datetime]:
    return [datetime.fromisoformat(instant) for instant, _, _ in _TIME.findall(part)]


def json_of(browser: Browser, path: str) -> Any:
    answer = browser.send("GET", f"/api/v1{path}", "", {"Accept": "application/json"})
    assert answer.status == 200, answer
    return msgspec.json.decode(answer.text)


def told(line: dict[str, str], *names: str) -> list[datetime]:
    return [datetime.fromisoformat(line[name]) for name in names if name in line]


def test_each_time_is_the_one_that_its_place_names(
    abroad: tuple[Served, Company, Browser],
) -> None:
    """As the REST API tells the same things by name."""
    _, company, browser = abroad
    page = browser.get("/account/mcp").text
    for table, line, names in (
        (
            "Access tokens",
            json_of(browser, "/tokens")["tokens"][0],
            {"Generated": "generated_at", "Last used": "last_used_at", "Expires": "expires_at"},
        ),
        (
            "Authorized apps",
            json_of(browser, "/apps")["apps"][0],
            {"Since": "granted_at", "Last used": "last_used_at"},
        ),
    ):
        part = page.partition(f"<h2>{table}</h2>")[2].partition("</table>")[0]
        for column, name in names.items():
            (cell,) = re.findall(rf'data-name="{column}">(.*?)</td>', part, re.DOTALL)
            assert instants(cell) == told(line, name) != [], column
    code = company.tickets["lid"].code
    ticket, page = json_of(browser, f"/tickets/{code}"), browser.get(f"/tickets/{code}").text
    for heading, name in (
        ("Opened", "created_at"),
        ("Changed", "changed_at"),
        ("Resolved", "resolved_at"),
    ):
        (cell,) = re.findall(rf"<dt>{heading}</dt><dd>(.*?)</dd>", page)
        assert instants(cell) == told(ticket, name) != [], heading
    written = json_of(browser, f"/tickets/{code}/messages")["messages"]
    talk = re.findall(r"<article.*?</article>", page, re.DOTALL)
    assert [*map(instants, talk)] == [told(message, "written_at") for message in written]
    happened = json_of(browser, f"/tickets/{code}/activity")["activity"]
    deeds = page.partition('<ol class="history">')[2].partition("</ol>")[0]
    assert instants(deeds) == [at for line in happened for at in told(line, "at")]
    assert len({*instants(deeds)}) == len(happened)
    (row,) = re.findall(
        rf"<li>(?:(?!</li>).)*/tickets/{code}\".*?</li>",
        browser.get("/tickets?query=lid").text,
        re.DOTALL,
    )
    assert instants(row) == told(ticket, "changed_at")


@pytest.mark.parametrize("path", ["/tickets", "/audit", "/audit/facts"])
def test_fields_for_times_say_of_which_zone_they_are(olga: Browser, path: str) -> None:
    page = olga.get(path).text
    fields = re.findall(r'<input id="(\w+)" name="\w+" type="date(?:time-local)?"', page)
    assert len(fields) >= 2
    for field in fields:
        assert re.search(rf'<label for="{field}">[^<]* \(UTC\)</label>', page), field
