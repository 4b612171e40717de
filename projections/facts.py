"""The audit trail of facts: everything that happened in an account, newest first, told in sentences."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, LiteralString, cast
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from psycopg import sql

from domain.call import CallRecorded
from domain.fact import Fact, Via
from domain.facts import FACTS
from domain.refusals import Code, Refused
from domain.ticket.facts import TicketFact
from projections.account_sentences import AccountFact, Teller
from projections.activity import FREQUENT, UNTOLD
from projections.audit import TicketName
from projections.cursors import NextCursor, encode_cursor
from projections.happenings import (
    FACT,
    HAPPENING,
    HAPPENING_WIDTH,
    POSITION,
    Happening,
    fact_of,
    happening_of,
)
from projections.metadata import Named
from projections.pages import MAX_BYTES, fill
from projections.sentences import Names, sentence
from projections.trail import (
    Alternatives,
    Row,
    TrailFilter,
    by_any_way,
    conditions_of,
    equal,
    is_narrow,
    start_of,
    walk,
)
from projections.view import Connection, qualified

TOLD: dict[str, type[Fact]] = {
    topic: fact
    for topic, fact in FACTS.items()
    if fact not in UNTOLD and not issubclass(fact, CallRecorded)
}
"""The facts that are listed, by topic; calls have a list of their own."""


class FactFilter(TrailFilter, frozen=True, kw_only=True):
    """Which facts are asked for: those that meet all that is given.

    `topic` may be all before the dot. `about` is an agent, with all that is the agent's own (tokens,
    apps, sessions, password), or another thing by its stream's id; tickets have `ticket`.
    """

    topic: str | None = None
    about: UUID | None = None
    call: UUID | None = None


class FactLine(Happening, frozen=True, omit_defaults=True, kw_only=True):
    """One thing that happened."""

    stream: Annotated[UUID, Meta(description="To what it happened: a ticket's or role's id, say.")]
    about: (
        Annotated[Named, Meta(description="The agent to whom or to whose access it happened.")]
        | UnsetType
    ) = UNSET
    ticket: Annotated[TicketName, Meta(description="The ticket it happened to.")] | UnsetType = (
        UNSET
    )
    ip: Annotated[str, Meta(description="The client's address.")] | UnsetType = UNSET


class FactPage(Struct, frozen=True, omit_defaults=True):
    """Facts, newest first."""

    facts: Annotated[list[FactLine], Meta(description="Newest first.")]
    next_cursor: NextCursor | UnsetType = UNSET


_FACTS = (sql.SQL("a.tool IS NULL"),)
_COLUMNS: LiteralString = f"""
{HAPPENING}, a.stream,
(SELECT s.agent FROM {{views}}.agent_streams s WHERE s.stream = a.stream),
a.ip, a.ticket, (SELECT t.code FROM {{views}}.tickets t WHERE t.id = a.ticket)
"""
_STREAM, _AGENT = HAPPENING_WIDTH, HAPPENING_WIDTH + 1
_ABOUT = """a.stream IN (
    SELECT s.stream FROM {views}.agent_streams s WHERE s.agent = {about} UNION ALL SELECT {about}
)"""
_UUID = 36  # characters
# Of the few that a page mentions.
_NAMES: LiteralString = """
SELECT id, name FROM {views}.agents WHERE id = ANY (%(ids)s)
UNION ALL SELECT id, name FROM {views}.departments WHERE id = ANY (%(ids)s)
UNION ALL SELECT id, name FROM {views}.roles WHERE id = ANY (%(ids)s)
UNION ALL SELECT id, client_name FROM {views}.apps WHERE id = ANY (%(ids)s)
UNION ALL SELECT id, '…' || right(mask, 4) || CASE WHEN label = '' THEN '' ELSE ' “' || label || '”' END
    FROM {views}.credentials WHERE id = ANY (%(ids)s)
"""


async def list_facts(
    connection: Connection,
    views: str,
    wanted: FactFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
    size: int = MAX_BYTES,
) -> FactPage:
    """Return a page of the facts that meet a filter; the permission is the caller's to check.

    It takes about `size` bytes of JSON at most. Refuses with `invalid_arguments` a cursor of
    another filter, a credential that is none, and a topic that there is not.
    """
    listing = ("facts", wanted)
    after = start_of(cursor, listing)
    conditions: list[Alternatives] = [
        _FACTS,
        *await conditions_of(connection, views, wanted, after),
    ]
    wide: list[str] = []
    if wanted.topic is not None:
        topics = _topics(wanted.topic)
        if FREQUENT.isdisjoint(topics):
            conditions.append(equal("topic", *topics))
        else:
            wide.append("topic")
            conditions.append((sql.SQL("a.topic = ANY ({})").format(topics),))
    if wanted.about is not None:
        schema = sql.Identifier(views)
        conditions.append((sql.SQL(_ABOUT).format(views=schema, about=wanted.about),))
    if wanted.call is not None:
        conditions.append(equal("call", wanted.call))
    if not is_narrow(wanted, *wide):
        conditions.append(by_any_way())
    rows = await walk(connection, views, _COLUMNS, conditions, limit + 1)
    names = await _names(connection, views, rows)
    lines, last = fill(rows, limit, lambda row: _line(row, names), size)
    return FactPage(lines, encode_cursor(listing, (last[POSITION],)) if last else UNSET)


def _topics(word: str) -> list[str]:
    found = [topic for topic in TOLD if word in {topic, topic.partition(".")[0]}]
    if not found:
        raise Refused(
            Code.INVALID_ARGUMENTS,
            "There is no such kind of fact.",
            hint="Name a topic, such as agent.role_changed, or what stands before its dot.",
        )
    return found


async def _names(connection: Connection, views: str, rows: Sequence[Row]) -> Mapping[UUID, str]:
    """Return the names of all whom the facts of a page mention."""
    mentioned = ((row[_STREAM], row[_AGENT], *_mentioned(row[FACT].values())) for row in rows)
    ids = {key for keys in mentioned for key in keys if key}
    cursor = await connection.execute(
        qualified(_NAMES, views), {"ids": list(ids)}, prepare=True, binary=True
    )
    return dict(await cursor.fetchall())


def _mentioned(values: Iterable[object]) -> Iterator[UUID]:
    for value in values:
        match value:
            case str() if len(value) == _UUID:
                try:
                    yield UUID(value)
                except ValueError:
                    continue
            case list():
                yield from _mentioned(cast("list[object]", value))
            case dict():
                yield from _mentioned(cast("dict[str, object]", value).values())
            case _:
                continue


def _line(row: Row, names: Names) -> FactLine:
    stream, about, ip, ticket, code = row[HAPPENING_WIDTH:]
    fact = fact_of(row)

    def tell(by: UUID | None, via: Via, known: Names) -> str:
        if stream is None:
            return sentence(cast("TicketFact", fact), by, via, known)
        return Teller(stream, by, via, known, about).sentence(cast("AccountFact", fact))

    return FactLine(
        **happening_of(row, names, tell),
        stream=stream or ticket,
        about=Named(about, names.get(about, "")) if about else UNSET,
        ticket=TicketName(ticket, code or UNSET) if ticket else UNSET,
        ip=ip or UNSET,
    )
