"""A batch of appends as the append function takes it: columns in, verdicts out."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import sql

from domain.account import Account
from domain.fact import Event, Recorded
from domain.ledger import Append, Appended, BudgetLine, Verdict
from infra.event_store.columns import Bigints, Blobs, Column, Integers, Texts, Uuids
from infra.event_store.effects import effects_of
from infra.event_store.mapper import Row, to_row

GRANTED, UNPAID, GUARD = 0, 1, 2
INSIDE = 0
NO_CLAIM = UUID(int=0)
NEVER = 2**62
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Encoded(NamedTuple):
    """One request with its rows encoded, and the keys that no neighbour in a batch may share."""

    request: Append
    rows: list[Row]
    unpaid: list[Row]
    effects: str

    @property
    def written(self) -> Iterable[tuple[UUID, int]]:
        return ((row.stream, row.version) for row in self.rows)


def encode(request: Append) -> Encoded:
    """Encode a request once, in the caller's own task."""
    return Encoded(
        request,
        [to_row(event) for event in request.events],
        [to_row(event) for event in request.instead],
        effects_of(request),
    )


def append_statement(account: Account) -> bytes:
    """Return the call of the account's append function."""
    return (
        sql.SQL("SELECT * FROM {log}.append(%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b)")
        .format(log=sql.Identifier(account.log))
        .as_bytes(None)
    )


def parameters(batch: Sequence[Encoded]) -> tuple[Column, ...]:
    """Turn requests into the columns of the append function, rows in order."""
    places: list[int] = []
    kinds: list[int] = []
    rows: list[Row] = []
    for place, one in enumerate(batch, 1):
        for kind, part in ((GRANTED, one.rows), (UNPAID, one.unpaid)):
            rows += part
            kinds += [kind] * len(part)
        rows += [Row(stream, version, "", b"") for stream, version in one.request.guards]
        kinds += [GUARD] * len(one.request.guards)
        places += [place] * (len(rows) - len(places))
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    streams, versions, topics, states = columns or [[], [], [], []]
    return (
        Bigints.of([one.request.authority or INSIDE for one in batch]),
        Bigints.of([_microseconds(one.request.expires_at) for one in batch]),
        Integers.of([one.request.units for one in batch]),
        Uuids.of([one.request.claim or NO_CLAIM for one in batch]),
        Texts.of([one.effects for one in batch]),
        Integers.of(places),
        Integers.of(kinds),
        Uuids.of(streams),
        Bigints.of(versions),
        Texts.of(topics),
        Blobs.of(states),
    )


def _microseconds(moment: datetime | None) -> int:
    return (moment - EPOCH) // MICROSECOND if moment else NEVER


class Outcome(NamedTuple):
    """The append function's answer, column by column."""

    verdicts: Sequence[int]
    first_position: int | None
    previous_position: int
    authority: int
    budget_limit: int
    used: int
    period: date


def budget_line(limit: int, used: int, period: date) -> BudgetLine:
    """Return the budget as it stands in a calendar month (UTC) that begins with `period`."""
    turn = (period.year + period.month // 12, period.month % 12 + 1)
    return BudgetLine(max(limit, used), used, datetime(*turn, 1, tzinfo=UTC))


def settle(batch: Sequence[Encoded], outcome: Outcome) -> tuple[list[Appended], list[Recorded]]:
    """Read the verdicts, and list what was stored with its positions."""
    line = budget_line(outcome.budget_limit, outcome.used, outcome.period)
    position = outcome.first_position or outcome.previous_position + 1
    answers: list[Appended] = []
    stored: list[Recorded] = []
    for one, number in zip(batch, outcome.verdicts, strict=True):
        verdict = Verdict(number)
        events: Sequence[Event] = ()
        if verdict is Verdict.STORED:
            events = one.request.events
        elif verdict is Verdict.OVER_BUDGET:
            events = one.request.instead
        for event in events:
            stored.append(Recorded(position, event))
            position += 1
        answers.append(Appended(verdict, position - 1, outcome.authority, line))
    return answers, stored
