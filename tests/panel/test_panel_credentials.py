"""Lists of tokens and apps in the panel: how near their end they are, who they are, what they may."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.access_tokens import two_years_after
from domain.permissions import Scope
from tests.database import Databases
from tests.mcp.company import filled
from tests.mcp.serving import Served, served
from tests.mcp.wire import call
from tests.oauth.oauth_grants import CLAUDE, CURSOR, connect_app
from tests.panel.conftest import Join
from tests.panel.entering import entered
from tests.sign_in.browser import Browser

PAGE = "/account/mcp"


def test_a_token_is_marked_before_its_end_and_after(databases: Databases) -> None:
    with databases.copy_filled(filled) as (url, company):
        ana, left = company.members["Ana"], timedelta(days=700)

        def now() -> datetime:
            return two_years - left

        two_years = two_years_after(datetime.now(UTC))
        with served(url, now) as late:
            for days, told in (
                (61, ""),
                (59, "within 60 days"),
                (29, "within 30 days"),
                (6, "within 7 days"),
                (0.5, "within 1 day"),
                (-2, "expired"),
            ):
                left = timedelta(days=days)
                text = entered(late, ana).get(PAGE).text
                assert ('<span class="badge' in text) == bool(told)
                assert told in text
                assert ('class="badge bad"' in text) == (bool(told) and days < 7)
                assert 'data-name="Last used">never<' in text
                assert f"{int(days > 0)} of 10 are active" in text


@pytest.mark.parametrize("admin", [False, True])
def test_apps_are_told_by_who_they_are(
    product: Served, join: Join, olga: Browser, *, admin: bool
) -> None:
    member, browser = join(f"Apps {admin}")
    reading = [Scope.TICKETS_READ]
    desk = product.desk
    claude = product.run(connect_app(desk, member.id, CLAUDE))
    product.run(connect_app(desk, member.id, CURSOR, scopes=reading))
    by_scheme = replace(
        CURSOR, id="dcr_by_scheme", redirect_uris=("cursor://anysphere.cursor-mcp/oauth/callback",)
    )
    product.run(connect_app(desk, member.id, by_scheme, scopes=reading))
    assert call(claude.access_token, "list_departments").send(product.port).status == 200
    product.settle()
    path = f"/admin/agents/{member.id}" if admin else PAGE
    text = (olga if admin else browser).get(path).text
    for told in (
        "The app of claude.example, by its document there.",
        "It registered itself, unverified.",
        "a program on one&#39;s own computer (127.0.0.1)",
        "the program that opens cursor: links on one&#39;s own device",
        "Read tickets, agents and departments; Act on tickets",
        'data-name="Last used">never<',
    ):
        assert told in text
