"""The audit trail: every call that was dispatched, newest first, narrowed by who, what and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, LiteralString
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.call import OK
from domain.fact import Via
from projections.cursors import decode_cursor, encode_cursor
from projections.doers import DOER, DOER_WIDTH, Doer, doer_of
from projections.history import cleaned
from projections.listings import NextCursor
from projections.metadata import key_of
from projections.pages import fill
from projections.view import Connection, qualified


class CallFilter(Struct, frozen=True, kw_only=True):
    """Which calls are asked for: those that meet all that is given."""

    agent: UUID | None = None
    tool: str | None = None
    outcome: str | None = None
    # An id or a code.
    ticket: str | None = None
    via: Via | None = None
    credential: UUID | None = None
    position: int | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None


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


# Times rise with positions but for what clocks differ; so a time bounds the positions, too, and a
# look far back need not walk there.
_SKEW: LiteralString = "interval '1 minute'"
_CONDITIONS: dict[str, LiteralString] = {
    "agent": "a.agent = %(agent)s",
    "tool": "a.tool = %(tool)s",
    "outcome": "a.outcome = %(outcome)s",
    "via": "a.via = %(via)s",
    "credential": "a.credential = %(credential)s",
    "position": "a.position = %(position)s",
    "at_from": f"""a.recorded_at >= %(at_from)s AND a.position > coalesce((
        SELECT position FROM {{views}}.activity
        WHERE tool IS NOT NULL AND recorded_at < %(at_from)s - {_SKEW}
        ORDER BY recorded_at DESC LIMIT 1
    ), 0)""",
    "at_to": f"""a.recorded_at < %(at_to)s AND a.position < coalesce((
        SELECT position FROM {{views}}.activity
        WHERE tool IS NOT NULL AND recorded_at >= %(at_to)s + {_SKEW}
        ORDER BY recorded_at LIMIT 1
    ), 9223372036854775807)""",
}
# So that the small index of refusals is seen to serve.
_REFUSED: LiteralString = "a.outcome <> 'ok'"
_QUERY: LiteralString = f"""
SELECT a.position, a.recorded_at, a.call, a.tool, a.fact -> 'arguments', a.outcome, a.units, a.ip,
    a.ticket, (SELECT t.code FROM {{views}}.tickets t WHERE t.id = a.ticket),
    a.fact ->> 'original', {DOER}
FROM {{views}}.activity a
WHERE a.tool IS NOT NULL AND a.position < %(after)s $filters
ORDER BY a.position DESC LIMIT %(limit)s
"""
_DOER = 11


async def list_calls(
    connection: Connection,
    views: str,
    wanted: CallFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> CallPage:
    """Return a page of the calls that meet a filter; the permission is the caller's to check.

    Refuses with `invalid_arguments` a cursor of another filter.
    """
    listing = ("calls", wanted)
    (after,) = decode_cursor(cursor, listing, tuple[int]) if cursor else (2**62,)
    values = {
        name: value
        for name in wanted.__struct_fields__
        if (value := getattr(wanted, name)) is not None
    }
    filters = [_CONDITIONS[name] for name in values if name != "ticket"]
    if wanted.ticket is not None:
        condition, values["ticket"] = key_of(wanted.ticket)
        condition = condition.replace("%s", "%(ticket)s")
        filters.append(f"a.ticket = (SELECT t.id FROM {{views}}.tickets t WHERE t.{condition})")
    if wanted.outcome not in {None, OK}:
        filters.append(_REFUSED)
    query = _QUERY.replace("$filters", "".join([f" AND {condition}" for condition in filters]))
    found = await connection.execute(
        qualified(query, views),
        {**values, "after": after, "limit": limit + 1},
        prepare=True,
        binary=True,
    )
    lines, last = fill(await found.fetchall(), limit, _line)
    return CallPage(lines, encode_cursor(listing, (last[0],)) if last else UNSET)


def _line(row: Sequence[Any]) -> CallLine:
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
