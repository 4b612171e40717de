"""The audit trail: every call that was dispatched, newest first, narrowed by who, what and when."""

from datetime import datetime
from typing import Annotated, Any, LiteralString
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from psycopg import sql

from domain.call import OK
from projections.activity import clip
from projections.cursors import NextCursor, encode_cursor
from projections.doers import DOER, DOER_WIDTH, Doer, doer_of
from projections.pages import MAX_BYTES, fill
from projections.text import cleaned
from projections.trail import (
    Row,
    TrailFilter,
    by_any_way,
    conditions_of,
    equal,
    is_narrow,
    start_of,
    walk,
)
from projections.view import Connection


class CallFilter(TrailFilter, frozen=True, kw_only=True):
    """Which calls are asked for: those that meet all that is given."""

    tool: str | None = None
    outcome: str | None = None


class TicketName(Struct, frozen=True, omit_defaults=True):
    """A ticket by its id and code."""

    id: UUID
    code: str | UnsetType = UNSET


class CallLine(Doer, frozen=True, omit_defaults=True, kw_only=True):
    """One call."""

    position: Annotated[int, Meta(description="Its place in the account's log.")]
    at: Annotated[datetime, Meta(description="When it was recorded.")]
    call: Annotated[UUID, Meta(description="The call's id, which its facts carry.")]
    tool: Annotated[str, Meta(description="The tool or operation, as it was called.")]
    arguments: Annotated[dict[str, Any], Meta(description="As they were sent.")]
    outcome: Annotated[str, Meta(description="ok, replayed, or the code of the refusal.")]
    units: Annotated[int, Meta(description="What it cost of the budget.")]
    ip: Annotated[str, Meta(description="The client's address.")] | UnsetType = UNSET
    ticket: TicketName | UnsetType = UNSET
    original: (
        Annotated[UUID, Meta(description="The call whose answer was repeated.")] | UnsetType
    ) = UNSET


class CallPage(Struct, frozen=True, omit_defaults=True):
    """Calls, newest first."""

    calls: Annotated[list[CallLine], Meta(description="Newest first.")]
    next_cursor: NextCursor | UnsetType = UNSET


_CALLS = (sql.SQL("a.tool IS NOT NULL"),)
# So that the small index of refusals is seen to serve.
_REFUSED = (sql.SQL("a.outcome <> 'ok'"),)
_COLUMNS: LiteralString = f"""
a.position, a.recorded_at, a.call, a.tool, a.fact -> 'arguments', a.outcome, a.units, a.ip,
a.ticket, (SELECT t.code FROM {{views}}.tickets t WHERE t.id = a.ticket), a.fact ->> 'original',
{DOER}
"""
_DOER = 11


async def list_calls(
    connection: Connection,
    views: str,
    wanted: CallFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
    size: int = MAX_BYTES,
) -> CallPage:
    """Return a page of the calls that meet a filter; the permission is the caller's to check.

    It takes about `size` bytes of JSON at most. Refuses with `invalid_arguments` a cursor of
    another filter, and a credential that is none.
    """
    listing = ("calls", wanted)
    after = start_of(cursor, listing)
    conditions = [_CALLS, *await conditions_of(connection, views, wanted, after)]
    if wanted.tool is not None:
        conditions.append(equal("tool", clip(wanted.tool)))
    if wanted.outcome is not None:
        conditions.append(equal("outcome", clip(wanted.outcome)))
        if wanted.outcome != OK:
            conditions.append(_REFUSED)
    if not is_narrow(wanted, *(["outcome"] if wanted.outcome == OK else [])):
        conditions.append(by_any_way())
    rows = await walk(connection, views, _COLUMNS, conditions, limit + 1)
    lines, last = fill(rows, limit, _line, size)
    return CallPage(lines, encode_cursor(listing, (last[0],)) if last else UNSET)


def _line(row: Row) -> CallLine:
    position, at, call, tool, arguments, outcome, units, ip, ticket, code, original = row[:_DOER]
    return CallLine(
        **doer_of(row[_DOER : _DOER + DOER_WIDTH]),
        position=position,
        at=at,
        call=call,
        tool=tool,
        arguments=cleaned(arguments),
        outcome=outcome,
        units=units,
        ip=ip or UNSET,
        ticket=UNSET if ticket is None else TicketName(ticket, code or UNSET),
        original=UNSET if original is None else UUID(original),
    )
