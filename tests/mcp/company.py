"""A small helpdesk, filled through commands: who works there, their tokens, and what lies open."""

import asyncio
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domain import agent, budget, department
from domain.application import Settled, Wish
from domain.decider import Command
from domain.issuing import new_token
from domain.permissions import TOOL_SCOPES, Role, Scope
from domain.role import RoleRef
from domain.ticket import commands as ask
from domain.ticket.words import Author, AuthorKind, Channel, Contact, Priority, code_of
from infra.desk import Desk, new_id, projection_of
from infra.projector.rebuild import prepare_views
from infra.settings import Settings

SECONDS = 60.0
SUPPORT, BILLING, WORKSHOP = "Support", "Billing", "Workshop"
DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
KIM = Contact(id=UUID(int=31), name="Kim Kunde", email="kim@customer.example")
LEE = Contact(id=UUID(int=32), name="Lee Client")


class Member(NamedTuple):
    """An agent; `token` is the secret of an access token, where there is a seat."""

    id: UUID
    name: str
    email: str
    token: str = ""
    credential: UUID = UUID(int=0)


class Ticket(NamedTuple):
    id: UUID
    code: str


class Company(NamedTuple):
    """What the helpdesk holds, by name."""

    departments: Mapping[str, UUID]
    members: Mapping[str, Member]
    tickets: Mapping[str, Ticket]

    def token(self, name: str) -> str:
        return self.members[name].token


class Hire(NamedTuple):
    name: str
    role: Role
    departments: tuple[str, ...]
    seat: bool = True


HIRES = (
    Hire("Olga", Role.OWNER, (SUPPORT,)),
    Hire("Adam", Role.ADMIN, (BILLING,)),
    Hire("Ana", Role.AGENT, (SUPPORT,)),
    Hire("Ben", Role.AGENT, (SUPPORT, BILLING)),
    Hire("Cora", Role.AGENT, (WORKSHOP,)),
    Hire("Ida", Role.AGENT, (SUPPORT,)),  # deactivated
    Hire("Ivo", Role.AGENT, (SUPPORT,), seat=False),  # as an import makes them
)
SEATS = 5


async def fill(url: str) -> Company:
    """Build the views of a migrated database and fill it."""
    desk = Desk(Settings(database_url=url))
    await prepare_views(url, projection_of(desk.account))
    async with desk.open():
        await desk.execute(Wish(budget.OpenBudget()))
        departments = {
            name: await add_department(desk, name) for name in (SUPPORT, BILLING, WORKSHOP)
        }
        members = {
            hire.name: await add_agent(
                desk,
                hire.name,
                hire.role,
                *map(departments.__getitem__, hire.departments),
                seat=hire.seat,
            )
            for hire in HIRES
        }
        await desk.execute(Wish(agent.DeactivateAgent(agent=members["Ida"].id)))
        company = Company(departments, members, await _open_tickets(desk, departments, members))
        assert await desk.views_caught_up()
        return company


def filled(url: str) -> Company:
    return asyncio.run(fill(url))


async def add_department(desk: Desk, name: str) -> UUID:
    key = new_id()
    await desk.execute(Wish(department.AddDepartment(department=key, name=name)))
    return key


async def add_agent(
    desk: Desk,
    name: str,
    role: RoleRef,
    *departments: UUID,
    seat: bool = True,
    email: str | None = None,
) -> Member:
    member = Member(new_id(), name, email or f"{name.lower()}@desk.example")
    hired = agent.AddAgent(
        agent=member.id,
        name=name,
        role=role,
        departments=departments,
        email=member.email,
        seat=seat,
    )
    await desk.execute(Wish(hired))
    if not seat:
        return member
    token, credential = await generate_token(desk, member.id)
    return member._replace(token=token, credential=credential)


async def generate_token(
    desk: Desk,
    agent_id: UUID,
    at: datetime | None = None,
    scopes: Iterable[Scope] = TOOL_SCOPES,
) -> tuple[str, UUID]:
    """Return a new token's secret and id; it lives for two years from now, or from `at`."""
    new = new_token(agent_id, new_id(), os.urandom(32), "tests", scopes)
    await desk.execute(Wish(new.command, at))
    return new.secret, new.command.token


async def open_ticket(
    desk: Desk,
    department_id: UUID,
    subject: str = "A question",
    *,
    requester: Contact = KIM,
    priority: Priority = Priority.MEDIUM,
    channel: Channel = Channel.EMAIL,
    tags: tuple[str, ...] = (),
    at: datetime | None = None,
) -> Ticket:
    ticket = Ticket(new_id(), code_of(await desk.ledger.next_ticket_number()))
    opened = ask.OpenTicket(
        ticket=ticket.id,
        code=ticket.code,
        subject=subject,
        department=department_id,
        requester=requester,
        channel=channel,
        priority=priority,
        tags=tags,
    )
    await shown(desk, await desk.execute(Wish(opened, at)))
    return ticket


def said(
    ticket: Ticket, body: str, by: Member | Contact = KIM, *, note: bool = False
) -> ask.AddMessage:
    kind = AuthorKind.AGENT if isinstance(by, Member) else AuthorKind.CUSTOMER
    return ask.AddMessage(
        ticket_id=str(ticket.id),
        message=new_id(),
        author=Author(kind=kind, id=by.id, name=by.name),
        body=body,
        note=note,
    )


async def act(desk: Desk, *commands: Command, at: datetime | None = None) -> None:
    """Carry out commands for one ticket, and wait until the views show them."""
    await shown(desk, await desk.execute(*(Wish(command, at) for command in commands)))


async def shown(desk: Desk, settled: Settled) -> None:
    assert await desk.live.progress.reached(settled.position, SECONDS)


async def _open_tickets(
    desk: Desk, departments: Mapping[str, UUID], members: Mapping[str, Member]
) -> dict[str, Ticket]:
    """Open twelve tickets, four a department, in all statuses that tools know to change."""
    ana, ben, cora = (members[name] for name in ("Ana", "Ben", "Cora"))
    support, billing, workshop = (departments[name] for name in (SUPPORT, BILLING, WORKSHOP))
    tickets = {
        "lid": await open_ticket(
            desk,
            support,
            "The lid is stuck",
            priority=Priority.HIGH,
            tags=("lid", "Warranty"),
            at=DAY,
        ),
        "new": await open_ticket(desk, support, "Where is my order?"),
        "open": await open_ticket(desk, support, "It still squeaks"),
        "answered": await open_ticket(desk, support, "How do I charge it?"),
        "postponed": await open_ticket(desk, billing, "Call me after the holidays"),
        "resolved": await open_ticket(desk, billing, "The invoice names my old address"),
        "invoice": await open_ticket(desk, billing, "Charged twice", priority=Priority.URGENT),
        "refund": await open_ticket(
            desk, billing, "Refund", requester=LEE, channel=Channel.CHAT, tags=("refund",)
        ),
        "brake": await open_ticket(desk, workshop, "The brake does not hold", tags=("safety",)),
        "chain": await open_ticket(desk, workshop, "The chain jumps", priority=Priority.LOW),
        "wheel": await open_ticket(desk, workshop, "A spoke is missing"),
        "bell": await open_ticket(desk, workshop, "The bell is silent"),
    }
    lid, still = tickets["lid"], str(tickets["lid"].id)
    for hour, command in enumerate(
        (
            said(lid, "The lid is stuck.\nPlease help."),
            said(lid, "Turn it twice to the left.", ana),
            said(lid, "On Monday Ana wrote:\n> Turn it twice to the left.\n\nNow it broke off."),
            said(lid, "She has broken three of them. Be kind.", ben, note=True),
            ask.AssignTicket(ticket_id=still, agent_id=ana.id),
        ),
        start=1,
    ):
        await act(desk, command, at=DAY + timedelta(hours=hour))
    for name, agent_asked in (("open", ana), ("answered", ana), ("refund", ben), ("chain", cora)):
        await act(desk, said(tickets[name], "Hello?"), said(tickets[name], "Yes?", agent_asked))
    await act(desk, said(tickets["open"], "It does."))
    for name in ("postponed", "wheel"):
        await act(desk, ask.PostponeTicket(ticket_id=str(tickets[name].id)))
    for name in ("resolved", "bell"):
        await act(desk, ask.ResolveTicket(ticket_id=str(tickets[name].id)))
    return tickets
