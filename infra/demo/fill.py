"""Filling an empty account with the demo, through the same commands that everything goes through."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.agent import AddAgent
from domain.application import Insider, Wish
from domain.caller import Caller, insider, on_behalf
from domain.department import AddDepartment
from domain.fact import Attribution
from domain.ticket.words import code_of
from infra.demo.content import Agent, load_demo
from infra.demo.story import Step, Story, demo_id
from infra.desk import Desk


async def fill(desk: Desk, now: datetime) -> bool:
    """Fill the account unless it has tickets of its own; return whether that was so.

    Everything happened as long before `now` as the content says. Ids come from the content, so
    filling that was broken off is taken up where it ended.
    """
    demo = load_demo()
    agents = {agent.email: agent for agent in demo.agents}
    stories = [Story(ticket, agents) for ticket in demo.tickets]
    begun = await desk.ledger.load_many([story.id for story in stories])
    if not begun and await desk.views.has_tickets():
        return False
    for department in demo.departments:
        command = AddDepartment(
            department=demo_id("department", department.name), name=department.name
        )
        await desk.execute(Wish(command), via="import")
    for agent in demo.agents:
        await desk.execute(Wish(_joining(agent)), via="import")
    steps: list[Step] = []
    for story in stories:
        code = code_of(await desk.ledger.next_ticket_number())
        # A step is a fact: a ticket's version tells how many are done.
        steps += list(story.steps(code))[len(begun.get(story.id, ())) :]
    for step in sorted(steps, key=lambda step: -step.minutes_ago):
        identity = Insider(_caller(agents, step.author))
        happened_at = now - timedelta(minutes=step.minutes_ago)
        await desk.helpdesk.execute(identity, Wish(step.command, happened_at))
    return True


def _joining(agent: Agent) -> AddAgent:
    return AddAgent(
        agent=demo_id("agent", agent.email),
        name=agent.name,
        role=agent.role,
        departments=tuple(demo_id("department", name) for name in agent.departments),
        email=agent.email,
    )


def _caller(agents: Mapping[str, Agent], author: str | None) -> Caller:
    """Return the importer, on behalf of the agent who did it where it was one."""
    if author is None:
        return insider("import")
    by = Attribution(via="import", agent=demo_id("agent", author), role=agents[author].role.value)
    return on_behalf(by)
