"""The audit trail as files: all that a filter takes, read and sent page by page."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec import UNSET, UnsetType

from api.broken_off import BrokenOff
from api.pages.audit.calls import calls_asked
from api.pages.audit.facts import facts_asked
from api.pages.audit.files import CALL_COLUMNS, CSV, EXPORTS, FACT_COLUMNS, JSONL, Format, Lines
from api.pages.audit.filters import Filters
from api.pages.front import Front, Page
from api.pages.panel import AUDIT, FACTS, Panel, panel_of
from api.pages.rendering import FILE_HEADERS
from api.rest.calls import CallListing
from api.rest.facts import FactListing
from domain.application import Unauthorized
from domain.caller import Caller
from domain.ledger import Unavailable
from domain.permissions import Permission
from domain.proposal import ToolCall
from domain.refusals import Refused
from mcp_server.arguments import hear

# Of as many lines there is one query, and so many are held in memory, of so many bytes in all.
A_PAGE = 500
_SIZE = 1 << 20


class Part(NamedTuple):
    """A page of lines, and where the next one begins."""

    lines: Lines
    cursor: str | UnsetType


Read = Callable[[str | None], Awaitable[Part]]


class Trail(NamedTuple):
    """What is exported: its name and columns, what an address asks of it, and how that is read."""

    name: str
    columns: Sequence[str]
    asked: Callable[[Page], Filters[CallListing] | Filters[FactListing]]
    reader: Callable[[Front, Page], Read]


def _calls(front: Front, request: Page) -> Read:
    wanted = calls_asked(request).read().filter()

    async def read(cursor: str | None) -> Part:
        page = await front.services.views.list_calls(
            wanted, cursor=cursor, limit=A_PAGE, size=_SIZE
        )
        return Part(page.calls, page.next_cursor)

    return read


def _facts(front: Front, request: Page) -> Read:
    wanted = facts_asked(request).read().filter()

    async def read(cursor: str | None) -> Part:
        page = await front.services.views.list_facts(
            wanted, cursor=cursor, limit=A_PAGE, size=_SIZE
        )
        return Part(page.facts, page.next_cursor)

    return read


_CALLS = Trail("calls", CALL_COLUMNS, calls_asked, _calls)
_FACTS = Trail("facts", FACT_COLUMNS, facts_asked, _facts)


@get(f"{AUDIT}/export.csv")
async def export_calls_csv(request: Page, front: NamedDependency[Front]) -> Stream:
    return await _export(request, front, _CALLS, CSV)


@get(f"{AUDIT}/export.jsonl")
async def export_calls_jsonl(request: Page, front: NamedDependency[Front]) -> Stream:
    return await _export(request, front, _CALLS, JSONL)


@get(f"{FACTS}/export.csv")
async def export_facts_csv(request: Page, front: NamedDependency[Front]) -> Stream:
    return await _export(request, front, _FACTS, CSV)


@get(f"{FACTS}/export.jsonl")
async def export_facts_jsonl(request: Page, front: NamedDependency[Front]) -> Stream:
    return await _export(request, front, _FACTS, JSONL)


async def _export(request: Page, front: Front, trail: Trail, file_format: Format) -> Stream:
    """Send a file, recorded before it begins as a call that costs nothing; so is a refusal."""
    panel = await panel_of(request, front)
    services = front.services

    async def begin(caller: Caller) -> tuple[tuple[Read, Part], UUID | None]:
        caller.require(Permission.AUDIT_READ)
        read = trail.reader(front, request)
        return (read, await read(None)), None

    arguments = hear({"format": file_format.ending, **trail.asked(request).kept}).recorded
    call = ToolCall(services.new_id(), EXPORTS[trail.name], arguments, units=0)
    read, first = (await services.helpdesk.read(panel.bearer, call, begin)).answer
    name = f"deskledger-{trail.name}-{services.now():%Y-%m-%d}.{file_format.ending}"
    return Stream(
        _parts(panel, read, first, file_format, file_format.head(trail.columns)),
        media_type=file_format.media_type,
        headers={**FILE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _parts(
    panel: Panel, read: Read, part: Part, file_format: Format, head: str
) -> AsyncIterator[str]:
    yield head + file_format.write(part.lines)
    while part.cursor is not UNSET:
        try:
            # Whoever lost the right meanwhile gets no more.
            await panel.bearer.confirm()
            panel.acting.reading(Permission.AUDIT_READ)
            part = await read(part.cursor)
        except Unavailable as error:
            raise BrokenOff("an export, as the database does not answer") from error
        except (Unauthorized, Refused) as error:
            raise BrokenOff("an export, as its reader may read it no longer") from error
        yield file_format.write(part.lines)


ENDPOINTS = (export_calls_csv, export_calls_jsonl, export_facts_csv, export_facts_jsonl)
