"""Processes of the product over one account, as its web layer drives them, and the log they fill."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from domain.access_tokens import GenerateToken, RevokeToken
from domain.account import Account
from domain.agent import AddAgent
from domain.application import Done, Helpdesk, Insider, Settled, ToolCall, Wish
from domain.authentication import Authenticator, Bearer
from domain.budget import OpenBudget, SetLimit
from domain.call import CallRecorded
from domain.caller import insider
from domain.decider import Command
from domain.department import AddDepartment
from domain.fact import Client, Recorded
from domain.permissions import Role, Scope
from domain.secret import ACCESS_TOKEN, digest_of, encode_secret, mask_of
from domain.streams import TicketCodes
from domain.ticket.commands import Action, OpenTicket
from domain.ticket.rules import Ticket
from infra.event_store.ledger import PostgresLedger
from infra.event_store.mapper import to_event
from infra.event_store.writer import Writer
from projections.reading import Pool
from tests.known import ANA, BEN, BILLING, OPENED, SUPPORT, TICKET_ID

ACCOUNT = Account.named("main")
INSIDE = Insider(insider("cli"))
CLIENT = Client("claude-code", "2.1")
OLGA = UUID(int=24)
LIMIT = 100

FOUNDING: tuple[Command, ...] = (
    OpenBudget(),
    AddDepartment(department=SUPPORT, name="Support"),
    AddDepartment(department=BILLING, name="Billing"),
    AddAgent(agent=ANA, name="Ana", role=Role.AGENT, departments=(SUPPORT,)),
    AddAgent(agent=BEN, name="Ben", role=Role.AGENT, departments=(SUPPORT, BILLING)),
    AddAgent(agent=OLGA, name="Olga", role=Role.OWNER),
    SetLimit(limit=LIMIT),
    OpenTicket(
        ticket=TICKET_ID,
        code=OPENED.code,
        subject=OPENED.subject,
        department=SUPPORT,
        requester=OPENED.requester,
        channel=OPENED.channel,
    ),
)


class Codes:
    """Knows the one ticket's code; `before` happens during each look-up."""

    before: Callable[[], Awaitable[object]] | None = None

    async def find_ticket(self, code: str) -> UUID | None:
        if self.before:
            await self.before()
        return TICKET_ID if code == OPENED.code else None


class Secret(NamedTuple):
    """An access token with its plain text, as only its holder has it."""

    text: str
    token: UUID
    agent: UUID


class Process:
    """One process: it has caches of its own and shares nothing but the database."""

    def __init__(
        self, ledger: PostgresLedger, codes: TicketCodes, now: Callable[[], datetime]
    ) -> None:
        self.helpdesk = Helpdesk(ledger, codes, now, uuid4)
        self.authenticator = Authenticator(ledger, self.helpdesk.states, now)

    async def execute(self, *commands: Command) -> Settled:
        return await self.helpdesk.execute(INSIDE, *map(Wish, commands))

    async def generate(self, agent: UUID) -> Secret:
        secret = Secret(encode_secret(ACCESS_TOKEN, uuid4().bytes * 2), uuid4(), agent)
        digest, mask = digest_of(secret.text).hex(), mask_of(ACCESS_TOKEN, secret.text)
        await self.execute(
            GenerateToken(
                agent=agent, token=secret.token, digest=digest, mask=mask, scopes=tuple(Scope)
            )
        )
        return secret

    async def revoke(self, secret: Secret) -> None:
        await self.execute(RevokeToken(agent=secret.agent, token=secret.token))

    async def identify(self, secret: Secret) -> Bearer:
        return await self.authenticator.identify(secret.text, CLIENT, "192.0.2.7")

    async def sign_in(self, agent: UUID) -> Bearer:
        return await self.identify(await self.generate(agent))

    async def act(self, bearer: Bearer, command: Action, key: str | None = None) -> Done:
        """Carry out a tool call as it arrives: under a fresh id."""
        settled = await self.helpdesk.act(bearer, called(command), [Wish(command)], key, answer)
        return settled.answer


def called(command: Action) -> ToolCall:
    return ToolCall(uuid4(), type(command).__name__, msgspec.to_builtins(command))


def answer(done: Done) -> dict[str, Any]:
    ticket: Ticket = done.state
    return {"changed": done.changed, "status": ticket.status.value, "tags": list(ticket.tags)}


@contextlib.asynccontextmanager
async def process(
    url: str, codes: TicketCodes | None = None, now: Callable[[], datetime] | None = None
) -> AsyncGenerator[Process]:
    pool: Pool = AsyncConnectionPool(
        url, min_size=1, max_size=4, open=False, kwargs={"autocommit": True}
    )
    writer = Writer(url, ACCOUNT, lambda _previous, _stored: None)
    ledger = PostgresLedger(pool, ACCOUNT, writer)
    async with pool:
        writer.start()
        try:
            yield Process(ledger, codes or Codes(), now or (lambda: datetime.now(UTC)))
        finally:
            await writer.stop()


class Log:
    """What is stored, in the order of the log."""

    def __init__(self, url: str) -> None:
        self.url = url

    def events(self) -> list[Recorded]:
        query = (
            "SELECT notification_id, originator_id, originator_version, topic, state "
            "FROM acct_main.events ORDER BY notification_id"
        )
        with psycopg.connect(self.url) as connection:
            return [Recorded(row[0], to_event(*row[1:])) for row in connection.execute(query)]

    def calls(self) -> dict[UUID, CallRecorded]:
        """Return the record of each call by its id, in order."""
        events = [recorded.event for recorded in self.events()]
        return {it.originator_id: it.fact for it in events if isinstance(it.fact, CallRecorded)}

    def outcomes(self) -> list[tuple[str, int]]:
        """Return outcome and units of each recorded call."""
        return [(call.outcome, call.units) for call in self.calls().values()]

    def topics(self, stream: UUID = TICKET_ID) -> list[str]:
        return [it.event.fact.topic for it in self.events() if it.event.originator_id == stream]

    def used(self) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT used FROM acct_main.account").fetchone()
        assert row
        return row[0]


async def settled(*doing: Awaitable[Any]) -> Sequence[Any]:
    """Let all of them run at once and return what came of each, refusals included."""
    return await asyncio.gather(*doing, return_exceptions=True)
