"""The audit trail of facts: which it tells to whoever asks for some of them, and what it keeps back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain import access_tokens as tokens
from domain import clients, consent, session
from domain import held_password as password
from domain.agent import Added as AgentAdded
from domain.agent import RoleChanged
from domain.call import CallRecorded
from domain.fact import Attribution, Client, Fact
from domain.facts import FACTS
from domain.permissions import Role, Scope
from domain.refusals import Code, Refused
from domain.ticket.facts import Resolved
from domain.ticket.words import Status, code_of
from projections.activity import UNTOLD
from projections.facts import TOLD, FactFilter, FactLine
from projections.views import Views
from tests.known import ANA, NOW, OLGA, SUPPORT
from tests.projections.book import Desk, Shown

pytestmark = pytest.mark.anyio

TOKEN, APP, SESSION, CALL = (UUID(int=number) for number in (600, 601, 602, 603))
LATER = datetime(2028, 3, 4, 5, 6, 7, tzinfo=UTC)
DIGEST = "5ec2e7" * 10
OLGA_IN_THE_PANEL = Attribution(
    via="panel", agent=OLGA, role="owner", credential=SESSION, ip="192.0.2.1"
)
ANA_BY_APP = Attribution(
    via="app", agent=ANA, credential=APP, client=Client("Claude", "2.1", "claude-1")
)


class Office(Desk):
    """A desk whose owner gives people access and takes it away."""

    def __init__(self) -> None:
        super().__init__()
        self.write(OLGA, AgentAdded(name="Olga", role=Role.OWNER, departments=()))
        generated = tokens.Generated(
            token=TOKEN,
            agent=ANA,
            digest=DIGEST,
            mask="dl_pat_…Ab3x",
            expires_at=LATER,
            label="lap",
        )
        self.write(tokens.tokens_of(ANA).id, generated, by=ANA_BY_APP)
        opened = session.Opened(agent=ANA, digest=DIGEST, expires_at=LATER)
        self.write(SESSION, opened, by=Attribution(via="panel", agent=ANA))
        granted = consent.Granted(
            consent=APP,
            agent=ANA,
            identity="client claude-1",
            client_id="claude-1",
            client_name="Claude",
            redirect_uri="https://claude.example/cb",
            resource="https://desk.example/mcp",
            scopes=(Scope.TICKETS_READ,),
            grant=UUID(int=604),
            browser=DIGEST,
        )
        self.write(consent.consents_of(ANA).id, granted, by=ANA_BY_APP)

    def takes_away(self) -> None:
        revoked = tokens.Revoked(token=TOKEN, digest=DIGEST)
        self.write(ANA, RoleChanged(role="admin", was="agent"), by=OLGA_IN_THE_PANEL, call=CALL)
        self.write(tokens.tokens_of(ANA).id, revoked, by=OLGA_IN_THE_PANEL, call=CALL)
        self.write(SESSION, session.Closed(digest=DIGEST, why="revoked"), by=OLGA_IN_THE_PANEL)
        issued = password.ResetIssued(digest=DIGEST, expires_at=LATER)
        self.write(password.stream_of_password(ANA), issued, by=OLGA_IN_THE_PANEL)
        fact = CallRecorded(tool="change_agent", arguments={}, outcome="ok")
        self.write(CALL, fact, by=OLGA_IN_THE_PANEL, call=CALL)


async def found(views: Views, **narrowed: Any) -> list[FactLine]:
    return (await views.list_facts(FactFilter(**narrowed))).facts


async def topics(views: Views, **narrowed: Any) -> list[str]:
    return [line.topic for line in await found(views, **narrowed)]


async def test_an_auditor_reads_who_gave_and_who_took(shown: Shown) -> None:
    desk = Office()
    desk.takes_away()
    views = await shown.show(desk)
    assert [line.sentence for line in await found(views, agent=OLGA)] == [
        "Olga made a link to set Ana's password, good until 2028-03-04 05:06 UTC",
        "Olga ended Ana's session",
        "Olga revoked Ana's token …Ab3x “lap”",
        "Olga gave Ana the role admin (before: agent)",
    ]
    assert [line.sentence for line in await found(views, agent=ANA)] == [
        "Ana let the app “Claude” in, for tickets:read",
        "Ana signed in",
        (
            "Ana generated the token …Ab3x “lap”, for tickets:read and tickets:write, "
            "good until 2028-03-04"
        ),
    ]
    assert "The system added Olga with the role owner" in [
        line.sentence for line in await found(views, via="system")
    ]


async def test_a_fact_is_told_with_all_that_caused_it(shown: Shown) -> None:
    desk = Office()
    desk.takes_away()
    (line,) = await found(await shown.show(desk), topic="agent.role_changed")
    position = desk.log[-5].position
    assert msgspec.to_builtins(line) == {
        "position": position,
        "at": NOW.isoformat().replace("+00:00", "Z"),
        "recorded_at": NOW.isoformat().replace("+00:00", "Z"),
        "topic": "agent.role_changed",
        "sentence": "Olga gave Ana the role admin (before: agent)",
        "change": {"role": "admin", "was": "agent"},
        "stream": str(ANA),
        "about": {"id": str(ANA), "name": "Ana"},
        "call": str(CALL),
        "call_position": desk.log[-1].position,
        "agent": {"id": str(OLGA), "name": "Olga"},
        "role": "owner",
        "via": "panel",
        "through": "in the panel",
        "credential": {"id": str(SESSION)},
        "ip": "192.0.2.1",
    }


async def test_facts_are_found_by_what_they_were(shown: Shown) -> None:
    desk = Office()
    desk.takes_away()
    ticket = desk.open(1, at=NOW + timedelta(hours=1))
    desk.write(ticket, Resolved(was=Status.OPEN), at=NOW + timedelta(hours=2), by=ANA_BY_APP)
    views = await shown.show(desk)
    of_ana = [
        *("password.reset_issued", "session.closed", "access_tokens.revoked", "agent.role_changed"),
        *("consent.granted", "session.opened", "access_tokens.generated", "agent.added"),
    ]
    by_the_app = ["ticket.resolved", "consent.granted", "access_tokens.generated"]
    for narrowed, expected in (
        ({"about": ANA}, of_ana),
        ({"about": ANA, "agent": OLGA}, of_ana[:4]),
        ({"about": SUPPORT}, ["department.added"]),
        ({"about": UUID(int=999)}, []),
        ({"topic": "access_tokens"}, ["access_tokens.revoked", "access_tokens.generated"]),
        ({"topic": "access_tokens", "agent": ANA}, ["access_tokens.generated"]),
        ({"topic": "ticket.resolved"}, ["ticket.resolved"]),
        ({"client": "Claude"}, by_the_app),
        ({"client": "claude-1"}, by_the_app),
        ({"client": "claude"}, []),
        ({"credential": str(APP)}, by_the_app),
        ({"credential": "…Ab3x"}, []),
        ({"ticket": code_of(1)}, ["ticket.resolved", "ticket.opened"]),
        ({"ticket": str(ticket), "via": "app"}, ["ticket.resolved"]),
        ({"call": CALL}, ["access_tokens.revoked", "agent.role_changed"]),
        ({"at_from": NOW + timedelta(hours=2)}, ["ticket.resolved"]),
        ({"at_from": NOW + timedelta(hours=1), "topic": "ticket.opened"}, ["ticket.opened"]),
        ({"at_to": NOW}, []),
        ({"position": desk.log[-1].position}, ["ticket.resolved"]),
        ({"position": 0}, []),
    ):
        assert await topics(views, **narrowed) == expected, narrowed


async def test_no_digest_of_a_secret_reaches_the_view(shown: Shown) -> None:
    desk = Office()
    desk.takes_away()
    registered = clients.Registered(
        client_id="c", name="C", redirect_uris=(), auth_method="client_secret_basic", digest=DIGEST
    )
    desk.write(clients.CLIENTS.id, registered)
    views = await shown.show(desk)
    assert sum(DIGEST in str(msgspec.to_builtins(event.fact)) for _, event in desk.log) == 7
    assert DIGEST not in str(await shown.rows("activity"))
    page = msgspec.json.encode(await found(views)).decode()
    assert "digest" not in page
    assert "browser" not in page


def fields_of(fact: type[Fact]) -> Iterator[str]:
    return (name for name in fact.__struct_fields__ if "digest" in name or "secret" in name)


def test_whatever_holds_a_digest_is_known_to() -> None:
    assert {name for fact in TOLD.values() for name in fields_of(fact)} == {"digest"}


def test_each_fact_is_told_but_for_claims_and_calls() -> None:
    left = set(FACTS.values()) - set(TOLD.values())
    assert left == {*UNTOLD, CallRecorded}
    assert {fact.topic for fact in UNTOLD} == {
        *("claim.claimed", "claim.released", "idempotency.claimed")
    }


async def test_a_walk_meets_each_fact_once_while_others_are_written(shown: Shown) -> None:
    desk = Office()
    desk.takes_away()
    expected = [line.position for line in await found(await shown.show(desk), about=ANA)]
    wanted, cursor, walked = FactFilter(about=ANA), None, list[int]()
    while True:
        page = await (await shown.show(desk)).list_facts(wanted, cursor=cursor, limit=3)
        walked += [line.position for line in page.facts]
        cursor = page.next_cursor or None
        if cursor is None:
            break
        desk.write(ANA, RoleChanged(role="agent", was="admin"), by=OLGA_IN_THE_PANEL)
    assert walked == expected


async def test_what_there_is_not_is_refused(shown: Shown) -> None:
    views = await shown.show(Office())
    for narrowed in ({"topic": "agent.eaten"}, {"topic": ""}, {"credential": "x"}):
        with pytest.raises(Refused) as refused:
            await found(views, **narrowed)
        assert refused.value.code is Code.INVALID_ARGUMENTS
    cursor = (await views.list_facts(FactFilter(), limit=1)).next_cursor
    assert cursor
    with pytest.raises(Refused, match="cursor"):
        await views.list_facts(FactFilter(agent=ANA), cursor=cursor)
