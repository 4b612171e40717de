"""The panel's doors that stay shut: to others' sessions, to who may not see a ticket."""

import pytest

from tests.mcp.company import Company
from tests.mcp.serving import Served, served
from tests.panel.addresses import EXPORTS, PLAIN_PAGES
from tests.panel.conftest import Enter
from tests.panel.guarding import assert_guarded, forge, is_ours
from tests.panel.trap import HOSTILE, Trap, trap
from tests.sign_in.browser import Browser

__all__ = ["trap"]


def test_an_agents_session_opens_no_administrators_door(
    ana: Browser, trap: Trap, olga: Browser
) -> None:
    agent = f"/admin/agents/{trap.member.id}"
    for path in ("/admin", *PLAIN_PAGES[4:], agent, *EXPORTS, "/audit/calls/1", "/audit/facts/1"):
        answer = ana.get(path)
        assert answer.status == 403, path
        assert HOSTILE[:9] not in answer.text
    held = olga.get(agent)
    ids = {kind: held.fields(f"{agent}/{kind}s/revoke")[kind] for kind in ("token", "app")}
    for kind, key in ids.items():
        for base in (agent, "/account/mcp"):
            assert forge(ana, f"{base}/{kind}s/revoke", **{kind: key}).status in {403, 404}
    assert forge(ana, "/account/mcp/tokens/replace", token=ids["token"]).status in {403, 404}
    for deed in ("deactivate", "reactivate", "change", "seat", "password-link"):
        assert forge(ana, f"{agent}/{deed}").status == 403
    for deed in ("policy", "remove"):
        assert forge(ana, f"/admin/clients/{deed}", any_host="on").status == 403
    assert olga.get(agent).fields(f"{agent}/tokens/revoke")["token"] == ids["token"]


def test_without_a_session_every_door_leads_to_the_sign_in(product: Served, trap: Trap) -> None:
    for path in (
        *PLAIN_PAGES,
        *EXPORTS,
        f"/tickets/{trap.ticket.code}",
        "/audit/calls/1",
        "/audit/facts/1",
    ):
        answer = Browser(product.port).get(path)
        assert (answer.status, answer.text) == (303, ""), path
        assert answer.location in {"/login", f"/login?next={path}"}


def test_a_hidden_ticket_is_like_one_that_there_is_not(ana: Browser, company: Company) -> None:
    hidden = company.tickets["chain"]  # of another department
    for query in (
        f"query={hidden.code}",
        f"query=jumps&department_id={company.departments['Workshop']}",
        f"agent_id={company.members['Cora'].id}",
        "priority=low&sort=priority",
    ):
        assert hidden.code not in ana.get(f"/tickets?{query}").text.replace(f'"{hidden.code}"', "")
    absent = forge(ana, "/tickets/ZZZ-99999/resolve_ticket")
    for name in (hidden.code, str(hidden.id)):
        path = f"/tickets/{name}"
        assert ana.get(path).text == ana.get("/tickets/ZZZ-99999").text
        assert ana.get(f"{path}?activity=x&messages=x&message=x").status == 404
        for action in ("resolve_ticket", "add_tags", "transfer_ticket"):
            refused = forge(ana, f"{path}/{action}", tags="x")
            assert (refused.status, refused.text) == (404, absent.text)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/%09/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aLocation:%20https://evil.example",
    ],
)
def test_the_way_on_stays_in_this_house(olga: Browser, target: str) -> None:
    answer = olga.get(f"/login?next={target}")
    assert answer.status == 303
    assert is_ours(answer.location)
    assert "\t" not in answer.location


def test_a_session_that_asks_too_much_waits(founded: tuple[str, Company], enter: Enter) -> None:
    url, company = founded
    ben = enter(company.members["Ben"])
    with served(url, rate_per_credential=5) as slow:
        # The cookie holds for whoever serves the same address.
        browser = Browser(slow.port, **ben.cookies)
        answers = [browser.get(path) for path in ("/tickets", "/account") * 5]
    last = answers[-1]
    assert last.status == 429
    assert int(last.headers["retry-after"]) > 0
    assert_guarded(last)
