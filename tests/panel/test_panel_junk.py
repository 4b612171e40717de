"""The panel against junk: in addresses, in cursors and in forms; nothing of it is a fault."""

import base64
from itertools import count
from urllib.parse import quote

import msgspec
import pytest

from infra.desk import new_id
from tests.mcp.company import Company
from tests.mcp.serving import Served
from tests.mcp.wire import call
from tests.panel.addresses import OF_TICKETS, PARAMETERS
from tests.panel.conftest import Join
from tests.panel.guarding import forge
from tests.sign_in.browser import Browser

JUNK = (
    *("%00", "%FF%FE", "%F0%9F%92%A5", "%ED%A0%80", "%", "%2", "-1", "0", "9" * 40, "1e999", "NaN"),
    *("null", "[]", "{}", "'", '%22;--"', "%0D%0ASet-Cookie:%20a=b", "..%2F..", "x" * 3000),
    *("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00", "%E2%80%AE"),
    *(
        "00000000-0000-0000-0000-000000000000",
        "AAA-00000",
        "%D9%A3",
        "%22",
        "-%22",
        "%25",
        "_",
        " ",
    ),
)
# What cursors hold no key of: their digests are no secret.
_NIL = "00000000-0000-0000-0000-000000000000"
FORGED: tuple[list[object], ...] = (
    *([2**63], [-(2**63)], [2**64], [10**40], [1e300], [], ["x"], [None], [[]]),
    *(["0001-01-01T00:00:00+14:00", _NIL], ["9999-12-31T23:59:59.999999-14:00", _NIL]),
    *([2**64, _NIL], ["x", _NIL], ["2026-01-01T00:00:00Z", "x"], ["2026-01-01T00:00:00", _NIL]),
)


@pytest.fixture(scope="module")
def called(product: Served, company: Company) -> None:
    """Two calls in the log."""
    for _ in range(2):
        call(company.token("Ben"), "list_departments").send(product.port)
    product.settle()


def test_whatever_an_address_asks_the_answer_is_no_fault(olga: Browser, company: Company) -> None:
    ticket = f"/tickets/{company.tickets['lid'].code}"
    turn = count()
    for path, names in {**PARAMETERS, ticket: OF_TICKETS}.items():
        for query in (
            *(f"{name}={value}" for name in names for value in ("%00", *JUNK[next(turn) % 4 :: 4])),
            *("%00=%00", "&&=&", "a" * 2000, "=".join(["x"] * 200)),
        ):
            answer = olga.get(f"{path}?{query.replace(' ', '+')}")
            assert answer.status < 500, f"{path}?{query}"
    for path in (
        "/tickets/{}",
        "/audit/calls/{}",
        "/audit/facts/{}",
        "/admin/agents/{}",
        "/admin/roles/{}",
        "/{}",
    ):
        for value in JUNK:
            answer = olga.get(path.format(quote(value, safe="%")))
            assert answer.status < 500, (path, value)


def place(browser: Browser, path: str) -> str:
    """Return the cursor of a listing's second page."""
    answer = browser.send("GET", f"/api/v1/{path}", "", {"Accept": "application/json"})
    assert answer.status == 200, answer.text
    return msgspec.json.decode(answer.text)["next_cursor"]


@pytest.mark.usefixtures("called")
def test_a_place_in_another_list_is_refused(olga: Browser, company: Company) -> None:
    code = company.tickets["lid"].code
    for name in ("calls?limit=1", "tickets?limit=1", f"tickets/{code}/activity?limit=1"):
        cursor = place(olga, name)
        taken = [
            path
            for path in (
                f"/audit?cursor={cursor}",
                f"/audit?tool=add_tags&cursor={cursor}",
                f"/audit/facts?cursor={cursor}",
                f"/tickets?cursor={cursor}",
                f"/tickets?query=the&cursor={cursor}",
                f"/admin/agents?cursor={cursor}",
                f"/tickets/{code}?activity={cursor}",
                f"/tickets/{code}?messages={cursor}",
                f"/tickets/{company.tickets['new'].code}?activity={cursor}",
            )
            if olga.get(path).status != 400
        ]
        assert len(taken) == 1, (name, taken)


@pytest.mark.usefixtures("called")
def test_a_place_that_no_list_has_is_no_fault(olga: Browser, company: Company) -> None:
    code = company.tickets["lid"].code
    for name, page in (
        ("calls?limit=1", "/audit?cursor="),
        ("tickets?limit=1", "/tickets?cursor="),
        (f"tickets/{code}/activity?limit=1", f"/tickets/{code}?activity="),
    ):
        cursor = place(olga, name)
        bound, *_ = msgspec.json.decode(base64.urlsafe_b64decode(f"{cursor}==="))
        for forged in FORGED:
            data = base64.urlsafe_b64encode(msgspec.json.encode([bound, *forged]))
            answer = olga.get(page + data.rstrip(b"=").decode())
            assert answer.status < 500, (page, forged)


def test_whatever_a_form_says_the_answer_is_no_fault(join: Join, olga: Browser) -> None:
    member, _ = join("Formless")
    agent = f"/admin/agents/{member.id}"
    forms = {
        "/account/sessions": ("session",),
        "/account/password": ("current", "password", "again"),
        "/account/mcp/tokens": ("label", "kind"),
        "/account/mcp/tokens/replace": ("token",),
        "/account/mcp/tokens/revoke": ("token",),
        "/account/mcp/apps/revoke": ("app",),
        "/account/mcp/test": ("token",),
        "/admin/clients/policy": ("hosts",),
        "/admin/clients/remove": ("client",),
        "/admin/clients/register": ("name", "client_id", "redirect_uris"),
        "/admin/budget/limit": ("calls_per_seat", "monthly_limit"),
        f"{agent}/tokens/revoke": ("token",),
        f"{agent}/apps/revoke": ("app",),
        f"{agent}/change": ("name", "email", "role", "department", "version"),
        f"{agent}/seat": ("email",),
        "/admin/agents/add": ("name", "email", "role", "department", "key"),
        "/admin/roles/add": ("name", "permissions", "key"),
        "/admin/departments/add": ("name", "key"),
    }
    for path, names in forms.items():
        assert forge(olga, path).status < 500, path
        for value in ("\0", "x", "\U0001f4a5" * 300, str(new_id())):
            given = dict.fromkeys(names, value)
            assert forge(olga, path, **{"kind": "full", **given}).status < 500, (path, value)
            if "kind" in names:
                assert forge(olga, path, kind="full", label=value).status < 500, (path, value)
    as_it_was = forge(olga, "/admin/clients/policy", dynamic_registration="on", any_host="on")
    assert as_it_was.status == 303


def test_actions_on_tickets_take_no_junk(olga: Browser, company: Company) -> None:
    ticket = f"/tickets/{company.tickets['open'].code}"
    names = (
        *("tags", "tag", "agent_id", "department_id", "key", "version"),
        *("body", "note", "subject", "priority", "name", "email", "channel"),
    )
    tried = ("add_tags", "remove_tags", "assign_ticket", "transfer_ticket", "reply", "note")
    actions = (f"{ticket}/{action}" for action in (*tried, "change_ticket", "%00", "act"))
    for path in (*actions, "/tickets/open_ticket"):
        for value in ("\0", "", "\U0001f4a5" * 300, ",,,"):
            fields = dict.fromkeys(names, value)
            assert forge(olga, path, **fields).status < 500, (path, value)
