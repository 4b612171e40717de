"""What happened to the account, in words."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain import access_tokens as tokens
from domain import agent, budget, clients, consent, department, role, session, setup, thresholds
from domain import held_password as password
from domain.agent import facts as agents
from domain.clients import ClientPolicy
from domain.fact import Via
from domain.permissions import Permission, Scope
from domain.ticket.facts import FACTS as TICKET_FACTS
from projections.account_sentences import AccountFact, Teller
from projections.facts import TOLD
from tests.known import ANA, BEN, BILLING, OLGA, OWNERS, READERS, SUPPORT

TOKEN, APP, GRANT = (UUID(int=number) for number in (600, 601, 602))
END = datetime(2028, 3, 4, 5, 6, 7, tzinfo=UTC)
NAMES = {
    ANA: "Ana",
    OLGA: "Olga",
    SUPPORT: "Support",
    BILLING: "Billing",
    READERS: "Readers",
    TOKEN: "…Ab3x",
    APP: "Claude",
}
GENERATED = tokens.Generated(
    token=TOKEN, agent=ANA, digest="", mask="dl_pat_…Ab3x", expires_at=END, scopes=()
)
READ, ACT = Scope.TICKETS_READ, Scope.TICKETS_WRITE
URI, RESOURCE = "https://c.example/cb", "https://desk.example/mcp"
GRANTED = consent.Granted(
    consent=APP,
    agent=ANA,
    identity="client c",
    client_id="c",
    client_name="Claude",
    redirect_uri=URI,
    resource=RESOURCE,
    scopes=(READ,),
    grant=GRANT,
)
WIDENED = consent.Widened(
    consent=APP,
    client_id="c",
    client_name="Claude",
    redirect_uri=URI,
    scopes=(READ, ACT),
    was=(READ,),
    grant=GRANT,
)
REUSED = consent.Reused(consent=APP, client_id="c", redirect_uri=URI, scopes=(READ,), grant=GRANT)
DECLINED = consent.Declined(
    identity="client c",
    client_id="c",
    client_name="Cl\u202eaude",
    redirect_uri=URI,
    resource=RESOURCE,
    scopes=(READ,),
)
REGISTERED = clients.Registered(
    client_id="c", name="Claude", redirect_uris=(URI,), auth_method="none"
)
ANYBODY = ClientPolicy()
REACHED = thresholds.ThresholdReached(threshold=80, limit=1_000, used=801, period=date(2026, 11, 1))

TO_ANA: list[tuple[AccountFact, str]] = [
    (
        agents.Added(name="Ana", role=str(READERS), departments=(SUPPORT, BILLING)),
        "Olga added Ana in Support and Billing with the role “Readers”",
    ),
    (
        agents.Added(name="Ana", role="agent", departments=(), seat=False),
        "Olga added Ana with the role agent, without a seat",
    ),
    (agent.RoleChanged(role="admin", was=str(UUID(int=9))), "(before: “unknown”)"),
    (
        agents.DepartmentsChanged(departments=(SUPPORT,), was=()),
        "Olga set Ana's departments to Support (before: nothing)",
    ),
    (agents.Renamed(name="Anna", was="Ana"), "Olga renamed “Ana” to “Anna”"),
    (
        agents.EmailChanged(email="a@x.example", was="b@x.example"),
        "Olga set Ana's address to a@x.example (before: b@x.example)",
    ),
    (agents.Seated(email="a@x.example"), "Olga gave Ana a seat, with the address a@x.example"),
    (agents.Deactivated(), "Olga deactivated Ana"),
    (agents.Reactivated(), "Olga took Ana back"),
    (
        GENERATED,
        "Olga generated the token …Ab3x for Ana, for nothing, good until 2028-03-04",
    ),
    (tokens.Revoked(token=TOKEN, digest=""), "Olga revoked Ana's token …Ab3x"),
    (tokens.Revoked(token=GRANT, digest=""), "Olga revoked Ana's token"),
    (password.PasswordSet(agent=ANA), "Olga set Ana's password"),
    (
        password.ResetIssued(digest="", expires_at=END),
        "Olga made a link to set Ana's password, good until 2028-03-04 05:06 UTC",
    ),
    (password.ResetWithdrawn(), "Olga withdrew the link to set Ana's password"),
    (session.Opened(agent=ANA, digest="", expires_at=END), "Olga signed in Ana"),
    (session.Closed(digest="", why="revoked"), "Olga ended Ana's session"),
    (session.Closed(digest="", why="replaced"), "Olga ended Ana's session by a new one"),
    (consent.Revoked(consent=APP), "Olga revoked Ana's consent to the app “Claude”"),
    (
        consent.Revoked(consent=APP, why="deactivated"),
        "Olga ended the consent to the app “Claude”: Ana's account ended",
    ),
    (
        consent.GrantEnded(consent=GRANT, grant=GRANT, why="revoked_by_client"),
        "Olga signed an app out, as it asked for",
    ),
]
BY_HERSELF: list[tuple[AccountFact, str]] = [
    (replace(GENERATED, label="lap", scopes=(READ,)), "token …Ab3x “lap”, for tickets:read, good"),
    (tokens.Revoked(token=TOKEN, digest=""), "Ana revoked their own token …Ab3x"),
    (password.PasswordSet(agent=ANA), "Ana set their own password"),
    (session.Opened(agent=ANA, digest="", expires_at=END), "Ana signed in"),
    (session.Closed(digest="", why="signed_out"), "Ana signed out"),
    (GRANTED, "Ana let the app “Claude” in, for tickets:read"),
    (WIDENED, "Ana let the app “Claude” do more: now tickets:write"),
    (REUSED, "Ana connected the app “Claude” again, without a question"),
    (DECLINED, "Ana declined the app “Claude”"),
    (agents.Deactivated(), "Ana deactivated themselves"),
]
TO_THE_ACCOUNT: list[tuple[UUID, AccountFact, str]] = [
    (SUPPORT, department.Added(name="Support"), "Olga added the department “Support”"),
    (SUPPORT, department.Renamed(name="S", was="T"), "Olga renamed the department “T” to “S”"),
    (
        READERS,
        role.Added(name="Readers", permissions=(Permission.TICKETS_READ,)),
        "Olga made the role “Readers”, which allows tickets:read",
    ),
    (READERS, role.Renamed(name="S", was="T"), "Olga renamed the role “T” to “S”"),
    (
        READERS,
        role.PermissionsSet(permissions=(Permission.TAGS_ADD,), was=(Permission.TICKETS_READ,)),
        "what the role “Readers” allows: now tags:add, no longer tickets:read",
    ),
    (READERS, role.Removed(), "Olga removed the role “Readers”"),
    (READERS, role.HoldersCounted(holders=1), "1 active agent has the role “Readers” now"),
    (OWNERS.id, role.HoldersCounted(holders=2), "2 active agents have the role owner now"),
    (APP, budget.Opened(calls_per_seat=1_000), "with 1,000 calls a seat and month"),
    (APP, budget.SeatsCounted(seats=2, limit=2_000), "to 2: the monthly limit is 2,000 calls"),
    (APP, budget.LimitSet(limit=5), "Olga set the monthly limit to 5 calls"),
    (APP, budget.LimitSet(limit=5, fixed=False), "let the seats decide the monthly limit"),
    (APP, budget.CallsPerSeatSet(calls_per_seat=7, limit=14), "Olga set 7 calls a seat"),
    (APP, REACHED, "The use in 2026-11 reached 80 % of the limit: 801 of 1,000"),
    (APP, REGISTERED, "Olga registered the client “Claude” (c)"),
    (APP, clients.Removed(client_id="c"), "Olga removed the client c"),
    (
        APP,
        clients.PolicySet(
            policy=ClientPolicy(dynamic_registration=False, allowed_hosts=("c.example",)),
            was=ANYBODY,
        ),
        "connect: they may no longer register themselves; from c.example (before: any host)",
    ),
    (APP, setup.LinkIssued(digest="", expires_at=END), "Olga made a link to set the account up"),
]


def told(fact: AccountFact, stream: UUID, by: UUID | None, about: UUID | None = None) -> str:
    return Teller(stream, by, "panel", NAMES, about).sentence(fact)


@pytest.mark.parametrize(("fact", "words"), TO_ANA)
def test_what_one_does_to_another_is_told_by_name(fact: AccountFact, words: str) -> None:
    assert words in told(fact, ANA, OLGA, ANA)


@pytest.mark.parametrize(("fact", "words"), BY_HERSELF)
def test_what_one_does_to_oneself_is_told_so(fact: AccountFact, words: str) -> None:
    assert words in told(fact, ANA, ANA, ANA)


@pytest.mark.parametrize(("stream", "fact", "words"), TO_THE_ACCOUNT)
def test_what_happens_to_the_account_is_told(stream: UUID, fact: AccountFact, words: str) -> None:
    assert words in told(fact, stream, OLGA)


def test_every_fact_that_is_told_has_its_sentence() -> None:
    here = {type(fact) for fact, _ in TO_ANA + BY_HERSELF} | {
        type(fact) for _, fact, _ in TO_THE_ACCOUNT
    }
    assert here | set(TICKET_FACTS) == set(TOLD.values())


@pytest.mark.parametrize(
    ("via", "who"),
    [("import", "The import"), ("cli", "The command line"), ("system", "The system")],
)
def test_what_no_agent_does_is_told_by_the_way_it_came(via: Via, who: str) -> None:
    sentence = Teller(ANA, None, via, NAMES, BEN).sentence(agents.Deactivated())
    assert sentence == f"{who} deactivated somebody unknown"
