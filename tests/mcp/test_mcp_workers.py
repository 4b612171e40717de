"""Two server processes on one database: what is done through one holds in the other at once."""

import asyncio

import httpx2
import pytest

from domain.access_tokens import RevokeToken
from domain.agent import ChangeDepartments, ChangeRole, DeactivateAgent, ReactivateAgent
from domain.application import Wish
from domain.budget import SetLimit
from domain.decider import Command
from domain.permissions import Permission, Role
from domain.role import AddRole, SetPermissions
from infra.desk import Desk, new_id
from tests.mcp.company import (
    SUPPORT,
    WORKSHOP,
    add_agent,
    generate_token,
)
from tests.mcp.site import CALLERS, Site, answered, narrowed, read_and_tag, sent
from tests.mcp.wire import call, modern

pytestmark = pytest.mark.anyio


async def test_no_call_of_a_revoked_token_is_recorded_above_its_revocation(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    ana = site.company.members["Ana"]
    token, credential = await generate_token(office, ana.id)
    requests = read_and_tag(token, site.company.tickets["open"])
    revoke = RevokeToken(agent=ana.id, token=credential)
    found = await narrowed(
        site, office, http, credential=credential, requests=requests, narrow=revoke
    )
    assert {response.status_code for response in found.late} == {401}
    assert max(c.position for c in found.calls) < found.position
    for request in requests:  # another token of the same agent goes on
        await answered(http, site.workers[0], request._replace(token=ana.token))


async def test_no_call_of_who_left_is_recorded_above_the_deactivation(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    agent = await add_agent(office, "Lea", Role.AGENT, site.company.departments[SUPPORT])
    requests = read_and_tag(agent.token, site.company.tickets["open"])
    leave = DeactivateAgent(agent=agent.id)
    found = await narrowed(
        site, office, http, credential=agent.credential, requests=requests, narrow=leave
    )
    assert {response.status_code for response in found.late} == {401}
    assert max(c.position for c in found.calls) < found.position


async def test_no_call_under_the_old_role_is_recorded_above_the_new_one(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    agent = await add_agent(office, "Ron", Role.ADMIN, site.company.departments[SUPPORT])
    requests = read_and_tag(agent.token, site.company.tickets["brake"])
    demote = ChangeRole(agent=agent.id, role=Role.AGENT)
    found = await narrowed(
        site, office, http, credential=agent.credential, requests=requests, narrow=demote
    )
    assert all('\\"not_found\\"' in response.text for response in found.late)
    for tool in ("get_tags", "add_tags"):
        assert found.outcomes(tool, late=False) == {"ok"}
        assert found.outcomes(tool, late=True) == {"not_found"}
    roles = {(c.position > found.position, c.envelope.by.role) for c in found.calls}
    assert roles == {(False, "admin"), (True, "agent")}


async def test_no_call_by_a_permission_that_was_cut_is_recorded_above_the_cut(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    reads, tags, role = Permission.TICKETS_READ, Permission.TAGS_ADD, new_id()
    await office.execute(Wish(AddRole(role=role, name="Taggers", permissions=(reads, tags))))
    agent = await add_agent(office, "Tag", str(role), site.company.departments[SUPPORT])
    requests = read_and_tag(agent.token, site.company.tickets["open"])
    cut = SetPermissions(role=role, permissions=(reads,))
    found = await narrowed(
        site, office, http, credential=agent.credential, requests=requests, narrow=cut
    )
    assert found.outcomes("get_tags", late=False) == found.outcomes("get_tags", late=True) == {"ok"}
    assert found.outcomes("add_tags", late=False) == {"ok"}
    assert found.outcomes("add_tags", late=True) == {"permission_denied"}
    assert (
        sum('\\"permission_denied\\"' in response.text for response in found.late) == CALLERS // 2
    )


async def test_a_revoked_token_lists_no_tools_either(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    ana = site.company.members["Ana"]
    token, credential = await generate_token(office, ana.id)
    for worker in site.workers:
        assert (await sent(http, worker, modern(token, "tools/list"))).status_code == 200
    await office.execute(Wish(RevokeToken(agent=ana.id, token=credential)))
    for worker in site.workers:
        assert (await sent(http, worker, modern(token, "tools/list"))).status_code == 401


async def test_what_an_agent_may_see_changes_with_the_next_answer_everywhere(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    workshop, support = (site.company.departments[name] for name in (WORKSHOP, SUPPORT))
    agent = await add_agent(office, "Rio", Role.AGENT, support)
    read = call(agent.token, "get_tags", ticket_id=site.company.tickets["brake"].code)
    steps: list[tuple[Command, bool, str]] = [
        (ChangeRole(agent=agent.id, role=Role.ADMIN), True, "admin"),
        (ChangeRole(agent=agent.id, role=Role.AGENT), False, "agent"),
        (ChangeDepartments(agent=agent.id, departments=(support, workshop)), True, "agent"),
        (ChangeDepartments(agent=agent.id, departments=()), False, "agent"),
        (ChangeRole(agent=agent.id, role=Role.OWNER), True, "owner"),
    ]
    assert "not_found" in await answered(http, site.workers[0], read)
    for command, sees, role in steps:
        before = site.log.head()
        await office.execute(Wish(command))
        for worker in site.workers:
            assert ("safety" in await answered(http, worker, read)) is sees
        calls = site.log.calls_above(before)
        assert [c.envelope.by.role for c in calls] == [role, role]


async def test_an_agent_who_left_is_let_in_nowhere(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    agent = await add_agent(office, "Leo", Role.AGENT, site.company.departments[SUPPORT])
    request = call(agent.token, "list_departments")
    for worker in site.workers:
        await answered(http, worker, request)
    await office.execute(Wish(DeactivateAgent(agent=agent.id)))
    for worker in site.workers:
        assert (await sent(http, worker, request)).status_code == 401
    await office.execute(Wish(ReactivateAgent(agent=agent.id)))
    token, _ = await generate_token(office, agent.id)
    for worker in site.workers:  # the old token is dead for good
        assert (await sent(http, worker, request)).status_code == 401
        await answered(http, worker, request._replace(token=token))


async def test_what_one_worker_wrote_the_other_reads_at_once(
    site: Site, http: httpx2.AsyncClient
) -> None:
    token, ticket = site.company.token("Ben"), site.company.tickets["refund"].code
    for number in range(50):
        writer, reader = site.workers[number % 2], site.workers[1 - number % 2]
        tag = f"n{number}"
        change = call(token, "add_tags", ticket_id=ticket, tags=[tag])
        written = await answered(http, writer, change)
        assert "views_behind" not in written
        assert f'"{tag}"' in await answered(http, reader, call(token, "get_tags", ticket_id=ticket))
        undo = call(token, "remove_tags", ticket_id=ticket, tags=[tag])
        assert '"changed":true' in await answered(http, reader, undo)


async def test_a_key_used_at_one_worker_is_known_to_the_other(
    site: Site, http: httpx2.AsyncClient
) -> None:
    ticket = site.company.tickets["invoice"].code
    request = call(
        site.company.token("Ben"), "resolve_ticket", ticket_id=ticket, idempotency_key="both"
    )
    before = site.log.head()
    texts = await asyncio.gather(*(answered(http, worker, request) for worker in site.workers * 8))
    assert sum('"replayed":true' in text for text in texts) == 15
    assert all('"status":"R"' in text for text in texts)
    outcomes = [c.fact.outcome for c in site.log.calls_above(before)]
    assert sorted(outcomes) == ["ok"] + ["replayed"] * 15


async def test_the_budget_is_shared_to_the_last_unit(
    site: Site, office: Desk, http: httpx2.AsyncClient
) -> None:
    request = call(site.company.token("Ben"), "list_departments")
    await office.execute(Wish(SetLimit(limit=site.log.used() + 20)))
    texts = await asyncio.gather(
        *(answered(http, site.workers[number % 2], request) for number in range(40))
    )
    assert sum("budget_exhausted" in text for text in texts) == 20
    await office.execute(Wish(SetLimit(limit=None)))
    assert "Billing" in await answered(http, site.workers[0], request)
