"""The facts of the audit trail in the panel: who gave whom what, who took it, and by which call."""

import re

import pytest

from api.pages.audit.words import SUBJECTS
from domain.application import Wish
from domain.role import AddRole
from infra.desk import new_id
from projections.facts import TOLD
from tests.mcp.company import Company, Member
from tests.mcp.serving import Served
from tests.panel.auditing import NUMBERS, Busy, busy
from tests.panel.conftest import Join
from tests.panel.guarding import forge
from tests.sign_in.browser import Answer, Browser

__all__ = ["busy"]

FACTS = "/audit/facts"
_ROW = re.compile(r'href="/audit/facts/(\d+)"><bdi dir="ltr">([^<]*)</bdi>')
NOBODY = "00000000-0000-0000-0000-000000000000"


def told(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [sentence.replace("&#39;", "'") for _, sentence in _ROW.findall(answer.text)]


def position_of(answer: Answer, words: str) -> str:
    (position,) = [number for number, sentence in _ROW.findall(answer.text) if words in sentence]
    return position


@pytest.fixture
def gone(product: Served, join: Join, olga: Browser) -> Member:
    """Somebody whose token the owner revoked, and whom the owner deactivated then, in the panel."""
    member, _ = join(f"Gone{next(NUMBERS)}")
    path = f"/admin/agents/{member.id}"
    for answer in (
        forge(olga, f"{path}/tokens/revoke", token=str(member.credential)),
        forge(olga, f"{path}/deactivate"),
    ):
        assert answer.status == 303, answer
    product.settle()
    return member


def test_an_auditor_reads_who_gave_and_who_took(olga: Browser, gone: Member) -> None:
    page = olga.get(f"{FACTS}?about_id={gone.id}")
    deactivated, revoked, signed_in, generated, added = told(page)
    mask = f"…{gone.token[-4:]}"
    assert deactivated == f"Olga deactivated {gone.name}"
    assert revoked == f"Olga revoked {gone.name}'s token {mask} “tests”"
    assert signed_in == f"The command line signed in {gone.name}"
    assert generated.startswith(
        f"The command line generated the token {mask} “tests” for {gone.name}, "
    )
    assert added == f"The command line added {gone.name} in Support with the role agent"
    assert 'href="/audit/facts" aria-current="page">Facts' in page.text
    assert 'href="/audit" aria-current="true">Audit' in page.text


def test_a_fact_is_told_with_what_caused_it(olga: Browser, gone: Member) -> None:
    listed = olga.get(f"{FACTS}?about_id={gone.id}&topic=access_tokens.revoked")
    position = position_of(listed, "revoked")
    text = olga.get(f"{FACTS}/{position}").text
    for words in (
        "<h1>Token: revoked</h1>",
        "<dt>Who</dt><dd><bdi>Olga</bdi> <small>as owner</small>",
        "<dt>Through</dt><dd>The panel</dd>",
        "<dt>From</dt><dd>127.0.0.1</dd>",
        f'href="/admin/agents/{gone.id}"',
        f"&#34;token&#34;: &#34;{gone.credential}&#34;",
        f'href="{FACTS}?about_id={gone.id}"',
        f'href="{FACTS}?topic=access_tokens.revoked"',
    ):
        assert words in text
    assert "digest&#34;" not in text
    (call,) = re.findall(r'href="(/audit/calls/\d+)"', text)
    whole = olga.get(call).text
    assert "Call of revoke_token" in whole
    assert f'href="{FACTS}/{position}"' in whole
    (credential,) = re.findall(r'href="/audit\?(credential_id=[^"]+)"', whole)
    assert position in olga.get(f"{FACTS}?{credential}").text


def test_a_call_shows_what_it_changed_and_a_fact_its_ticket(
    olga: Browser, busy: Busy, company: Company
) -> None:
    code = company.tickets["open"].code
    (tagged,) = told(page := olga.get(f"{FACTS}?agent_id={busy.member.id}&ticket_id={code}"))
    assert tagged == f"{busy.member.name} added the tag “{busy.tag}”"
    fact = olga.get(f"{FACTS}/{position_of(page, busy.tag)}").text
    assert f'href="/tickets/{code}"' in fact
    assert "Wire" in fact
    (call,) = re.findall(r'href="(/audit/calls/\d+)"', fact)
    assert tagged in olga.get(call).text.replace("&#39;", "'")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("topic=ticket", 1),
        ("topic=ticket.resolved", 0),
        ("client=Wire", 1),
        ("client=Fire", 0),
        ("via=token&from=2020-01-01T00:00", 1),
        ("to=2020-01-01T00:00", 0),
        (f"call_id={NOBODY}", 0),
        (f"about_id={NOBODY}", 0),
    ],
)
def test_filters_narrow(olga: Browser, busy: Busy, query: str, found: int) -> None:
    page = olga.get(f"{FACTS}?agent_id={busy.member.id}&{query}")
    assert len(told(page)) == found
    assert ("clear all filters" in page.text) == (not found)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("topic=agent.eaten", "no such kind of fact"),
        ("about_id=x", "“x” cannot be taken as an agent's, role's or department's id"),
        ("call_id=x", "cannot be taken as a call's id"),
        ("credential_id=x", "such as …Ab3x"),
        ("cursor=x", "no such page"),
        ("client=%00", "cannot be taken as a client"),
    ],
)
def test_a_wrong_filter_is_told_and_can_be_mended(olga: Browser, query: str, words: str) -> None:
    page = olga.get(f"{FACTS}?{query}")
    assert page.status == 400
    assert words in page.refusal
    assert "start anew" in page.text


def test_older_facts_are_a_link_away_while_others_are_written(
    product: Served, olga: Browser
) -> None:
    mark = new_id().hex[:12]

    def add(number: int) -> None:
        role = AddRole(role=new_id(), name=f"{mark} {number}", permissions=())
        product.run(product.desk.execute(Wish(role)))

    for number in range(52):
        add(number)
    first = olga.get(f"{FACTS}?topic=role.added")
    (older,) = re.findall(r'href="(/audit/facts\?[^"]*)" rel="next"', first.text)
    add(52)
    lines = told(first) + told(olga.get(older.replace("&amp;", "&")))
    found = [int(number) for line in lines for number in re.findall(rf"{mark} (\d+)”", line)]
    assert found == list(range(51, -1, -1))


@pytest.mark.parametrize("position", ["0", str(2**62), str(2**63), "9" * 30])
def test_a_fact_that_there_is_not_is_not_found(olga: Browser, position: str) -> None:
    page = olga.get(f"{FACTS}/{position}")
    assert page.status == 404
    assert "audit trail" in page.text


def test_each_kind_of_fact_can_be_chosen() -> None:
    assert {kind.value for subject in SUBJECTS for kind in subject.kinds} == set(TOLD)
