"""Two server processes on one database, and callers whose rights are narrowed while they call."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import httpx2

from domain.application import Wish
from domain.decider import Command
from infra.desk import Desk
from tests.mcp.company import Company, Ticket
from tests.mcp.records import Call, Log
from tests.mcp.serving import Worker
from tests.mcp.wire import Request, call

CALLERS = 32
# One address for all of them, as behind a proxy: apps' tokens are for it.
PUBLIC_URL = "http://127.0.0.1:8080"


class Site(NamedTuple):
    """Two workers, and the log that they share."""

    database: str
    company: Company
    workers: list[Worker]
    log: Log


async def sent(http: httpx2.AsyncClient, worker: Worker, request: Request) -> httpx2.Response:
    headers = {name: str(value) for name, value in request.headers.items()}
    headers |= {
        "authorization": f"Bearer {request.token}",
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
    }
    return await http.post(worker.url, content=request.body, headers=headers)


async def answered(http: httpx2.AsyncClient, worker: Worker, request: Request) -> str:
    """Return an answer's text, a refusal's too."""
    response = await sent(http, worker, request)
    assert response.status_code == 200, response.text
    return response.json()["result"]["content"][0]["text"]


class Narrowed(NamedTuple):
    """What came of callers whose rights were narrowed while they called.

    `position` is where that was recorded, `late` are the answers to what was sent once it had
    returned, and `calls` all calls that were recorded of their credential.
    """

    position: int
    late: list[httpx2.Response]
    calls: list[Call]

    def outcomes(self, tool: str, *, late: bool) -> set[str]:
        """Return the outcomes of a tool's calls above the position, or of those below it."""
        of_tool = [c for c in self.calls if c.fact.tool == tool]
        return {c.fact.outcome for c in of_tool if (c.position > self.position) is late}


async def narrowed(
    site: Site,
    office: Desk,
    http: httpx2.AsyncClient,
    *,
    credential: UUID,
    requests: Sequence[Request],
    narrow: Command,
) -> Narrowed:
    """Let 32 callers send requests through both workers, and carry out a command meanwhile."""
    before = site.log.head()
    returned, busy = asyncio.Event(), asyncio.Barrier(CALLERS + 1)
    late: list[httpx2.Response] = []

    async def use(number: int) -> None:
        worker = site.workers[number % 2]
        request = requests[number // 2 % len(requests)]
        for _ in range(3):
            assert (await sent(http, worker, request)).status_code == 200
        await busy.wait()
        while True:
            too_late = returned.is_set()
            response = await sent(http, worker, request)
            assert response.status_code in {200, 401}
            if too_late:
                late.append(response)
                return

    async def change() -> int:
        await busy.wait()
        position = (await office.execute(Wish(narrow))).position
        returned.set()
        return position

    async with asyncio.TaskGroup() as group:
        changing = group.create_task(change())
        for number in range(CALLERS):
            group.create_task(use(number))
    made = [c for c in site.log.calls_above(before) if c.envelope.by.credential == credential]
    assert len(made) >= 3 * CALLERS
    assert len(late) == CALLERS
    return Narrowed(changing.result(), late, made)


def read_and_tag(token: str, ticket: Ticket) -> list[Request]:
    """Return a request that reads, and one that writes."""
    return [
        call(token, "get_tags", ticket_id=ticket.code),
        call(token, "add_tags", ticket_id=ticket.code, tags=["again"]),
    ]
