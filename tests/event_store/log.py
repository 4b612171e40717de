"""The log of an account in tests: appends straight through the function, and what is in its tables."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import args_row

from domain.account import Account
from domain.call import CallRecorded
from domain.fact import Attribution, Envelope, Event, Fact, Recorded
from domain.ledger import Append, Appended, Verdict
from domain.ticket.facts import TagsAdded
from infra.event_store.batch import Outcome, append_statement, encode, parameters, settle
from infra.event_store.columns import take_columns
from infra.event_store.mapper import to_event

MAIN = Account.named("main")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(fact: Fact, stream: UUID | None = None, version: int = 1) -> Event:
    """Make an event; in a stream of its own unless told otherwise."""
    envelope = Envelope(recorded_at=NOON, by=Attribution(via="system"))
    return Event(stream or uuid4(), version, fact, envelope)


def tagged(stream: UUID | None = None, version: int = 1, tag: str = "vip") -> Event:
    """Make an event that nothing but its place makes special."""
    return event(TagsAdded(tags=(tag,)), stream, version)


def store(*events: Event) -> Append:
    return Append(events=events)


def charge(request: Append, units: int = 1) -> Append:
    """Add the record of a call to a request: paid, or unpaid where the budget refuses it."""
    record = CallRecorded(tool="add_tags", arguments={}, outcome="ok", units=units)
    paid = event(record)
    unpaid = event(
        msgspec.structs.replace(record, outcome="budget_exhausted", units=0), paid.originator_id
    )
    return msgspec.structs.replace(
        request, events=(*request.events, paid), instead=(unpaid,), units=units
    )


def call(units: int = 1) -> Append:
    return charge(store(), units)


class Row(NamedTuple):
    """The account's one row."""

    authority: int
    budget_limit: int
    used: int
    period: date
    period_position: int


class Log:
    """An account's log over one connection."""

    def __init__(self, connection: psycopg.Connection[Any], account: Account = MAIN) -> None:
        self.connection = connection
        self._statement = append_statement(account)
        self._schema = account.log

    def append(self, *batch: Append) -> list[Appended]:
        """Append requests as one batch, as the writer does."""
        encoded = [encode(request) for request in batch]
        return settle(encoded, self.call(parameters(encoded)))[0]

    def verdicts(self, *batch: Append) -> list[Verdict]:
        return [answer.verdict for answer in self.append(*batch)]

    def call(self, columns: Sequence[Any]) -> Outcome:
        with self.connection.cursor(row_factory=args_row(Outcome)) as cursor:
            take_columns(cursor)
            outcome = cursor.execute(self._statement, columns).fetchone()
        assert outcome
        return outcome

    def run(self, statement: str) -> None:
        self.connection.execute(statement.replace("{log}", self._schema).encode())

    def fetch(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(
            query.replace("{log}", self._schema).encode(), parameters
        ).fetchall()

    def set(self, **columns: object) -> None:
        """Change the account's row from outside: its limit, its period, what is used."""
        changes = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
            for name, value in columns.items()
        )
        table = sql.Identifier(self._schema, "account")
        self.connection.execute(sql.SQL("UPDATE {} SET {}").format(table, changes))

    @property
    def account(self) -> Row:
        return Row(*self.fetch(f"SELECT {', '.join(Row._fields)} FROM {{log}}.account")[0])

    @property
    def charged(self) -> int:
        """The sum that the counter must equal: the units recorded in its period."""
        query = """
            SELECT coalesce(sum((convert_from(e.state, 'UTF8')::jsonb #>> '{fact,units}')::int), 0)
            FROM {log}.events e JOIN {log}.account a ON e.notification_id > a.period_position
            WHERE e.topic = 'call.recorded'"""
        return self.fetch(query)[0][0]

    @property
    def recorded(self) -> list[Recorded]:
        """The log in the order of its positions."""
        rows = self.fetch(
            "SELECT notification_id, originator_id, originator_version, topic, state "
            "FROM {log}.events ORDER BY notification_id"
        )
        return [Recorded(position, to_event(*rest)) for position, *rest in rows]

    @property
    def events(self) -> list[Event]:
        return [recorded.event for recorded in self.recorded]

    @property
    def positions(self) -> list[int]:
        return [recorded.position for recorded in self.recorded]

    @property
    def credentials(self) -> dict[str, UUID]:
        """The credentials that open the door now, by the hex of their digests."""
        return dict(self.fetch("SELECT encode(digest, 'hex'), credential FROM {log}.credentials"))

    def set_clock(self, now: datetime) -> None:
        """Make it any time for this connection: the function's clock is shadowed by another."""
        self.run("CREATE SCHEMA IF NOT EXISTS clock")
        self.run(
            "CREATE OR REPLACE FUNCTION clock.clock_timestamp() RETURNS timestamptz "
            f"LANGUAGE sql AS $$ SELECT timestamptz '{now.isoformat()}' $$"
        )
        self.run("SET search_path = clock, pg_catalog")


@contextmanager
def opened(url: str) -> Generator[Log]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield Log(connection)
