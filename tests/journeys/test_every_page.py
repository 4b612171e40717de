"""Every page that has an address of its own, in light and dark, on a desk and on phones."""

from collections.abc import Iterator

import msgspec
import pytest
from litestar.routes import HTTPRoute
from playwright.sync_api import Browser as Chromium

from domain.application import Wish
from domain.permissions import Permission
from domain.role import AddRole
from infra.desk import new_id
from tests.chromium import needs_chromium
from tests.journeys.accessible import faults_of
from tests.journeys.walking import Walker, walking
from tests.mcp.company import SUPPORT, Company
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.oauth.oauth_grants import connect_app
from tests.sign_in.browser import Browser

pytestmark = needs_chromium

# Where each route is looked at; a page without a place here fails. Lists are narrowed to what is few.
PLACES = {
    "/account": "/account",
    "/account/mcp": "/account/mcp",
    "/admin/agents": "/admin/agents",
    "/admin/agents/new": "/admin/agents/new",
    "/admin/agents/{agent_id:uuid}": "/admin/agents/{agent}",
    "/admin/budget": "/admin/budget",
    "/admin/clients": "/admin/clients",
    "/admin/departments": "/admin/departments",
    "/admin/departments/{department_id:uuid}": "/admin/departments/{department}",
    "/admin/roles": "/admin/roles",
    "/admin/roles/new": "/admin/roles/new",
    "/admin/roles/{role_id:str}": "/admin/roles/{role}",
    "/admin/system": "/admin/system",
    "/audit": "/audit",
    "/audit/calls/{position:int}": "/audit/calls/{call}",
    "/audit/facts": "/audit/facts?ticket_id={ticket}",
    "/audit/facts/{position:int}": "/audit/facts/{fact}",
    "/tickets": "/tickets?query=lid",
    "/tickets/new": "/tickets/new",
    "/tickets/{reference:str}": "/tickets/{ticket}",
}
# Those who are not signed in, and apps, come to these: they are in `test_every_answer`.
ELSEWHERE = {"/login", "/setup", "/password", "/oauth/authorize"}
LEADING_ON = {"/", "/admin"}
# The reference of the REST API is for those who write programs.
FOR_MACHINES = ("/api/", "/public/", "/health/", "/.well-known/")


def test_every_page_has_a_place_in_this_test(product: Served) -> None:
    routes = {
        route.path
        for route in product.desk.app().routes
        if isinstance(route, HTTPRoute) and "GET" in route.methods
    }
    assert pages_among(routes) == {*PLACES, *ELSEWHERE, *LEADING_ON}


def pages_among(routes: set[str]) -> set[str]:
    """Leave away files, and what answers in JSON."""
    return {
        path
        for path in routes
        if "." not in path.rpartition("/")[2] and not path.startswith(FOR_MACHINES)
    }


@pytest.fixture(scope="module")
def ids(product: Served, company: Company, olga: Browser) -> dict[str, str]:
    """Something of every kind that a page shows one of."""
    run, desk, ana = product.run, product.desk, company.members["Ana"]
    ticket = company.tickets["lid"].code
    assert call(ana.token, "get_ticket_metadata", ticket_id=ticket).send(product.port).status == 200
    run(connect_app(desk, ana.id))
    run(connect_app(desk, company.members["Olga"].id))
    role = AddRole(role=new_id(), name="Reader", permissions=(Permission.TICKETS_READ,))
    run(desk.execute(Wish(role)))

    def latest(trail: str) -> str:
        lines = olga.get(f"{trail}/export.jsonl?ticket_id={ticket}").text.splitlines()
        return str(msgspec.json.decode(lines[0])["position"])

    return {
        "agent": str(ana.id),
        "call": latest("/audit"),
        "fact": latest("/audit/facts"),
        "department": str(company.departments[SUPPORT]),
        "role": str(role.role),
        "ticket": ticket,
    }


@pytest.fixture(scope="module")
def owner(chromium: Chromium, product: Served, olga: Browser) -> Iterator[Walker]:
    with walking(chromium, product, olga) as walker:
        yield walker


@pytest.mark.parametrize("route", PLACES)
def test_a_page_is_for_all_senses_schemes_and_sizes(
    owner: Walker, ids: dict[str, str], route: str
) -> None:
    owner.open(PLACES[route].format(**ids))
    assert faults_of(owner.page) == []
    assert owner.complaints.taken() == []
