"""The log as an auditor reads it: what was recorded above a position, and which calls there were."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.call import CallRecorded
from domain.fact import Envelope, Fact, Recorded
from infra.event_store.mapper import to_event


class Call(NamedTuple):
    """A recorded call: its own id, and what was recorded of it."""

    id: UUID
    position: int
    fact: CallRecorded
    envelope: Envelope


class Log:
    """Reads the log of one database over a connection of its own."""

    def __init__(self, database: str, connection: psycopg.Connection[Any]) -> None:
        self.database = database
        self._connection = connection

    def head(self) -> int:
        return self.value("SELECT coalesce(max(notification_id), 0) FROM acct_main.events")

    def above(self, position: int) -> list[Recorded]:
        rows = self._connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state "
            "FROM acct_main.events WHERE notification_id > %s ORDER BY notification_id",
            (position,),
            binary=True,
        )
        return [Recorded(place, to_event(*event)) for place, *event in rows]

    def calls_above(self, position: int) -> list[Call]:
        return calls_in(self.above(position))

    def used(self) -> int:
        """Return the units that the account has used."""
        return self.value("SELECT used FROM acct_main.account")

    def execute(self, statement: str) -> None:
        self._connection.execute(statement.encode())

    def value(self, query: str) -> Any:
        """Return the only value that a query yields."""
        row = self._connection.execute(query.encode()).fetchone()
        assert row
        return row[0]

    @contextmanager
    def watched(self) -> Generator["Watched"]:
        """Collect what is recorded within the block."""
        before, used = self.head(), self.used()
        watched = Watched([], 0)
        yield watched
        watched.recorded += self.above(before)
        watched.charged = self.used() - used


class Watched:
    def __init__(self, recorded: list[Recorded], charged: int) -> None:
        self.recorded = recorded
        self.charged = charged

    @property
    def calls(self) -> list[Call]:
        return calls_in(self.recorded)

    @property
    def call(self) -> Call:
        """Return the only call that was recorded."""
        (call,) = self.calls
        return call

    @property
    def facts(self) -> list[Fact]:
        """Return all else that was recorded; each carries the id of a recorded call."""
        others = [r.event for r in self.recorded if not isinstance(r.event.fact, CallRecorded)]
        ids = {call.id for call in self.calls}
        assert all(event.envelope.call in ids for event in others)
        return [event.fact for event in others]


def calls_in(recorded: list[Recorded]) -> list[Call]:
    return [
        Call(event.originator_id, position, event.fact, event.envelope)
        for position, event in recorded
        if isinstance(event.fact, CallRecorded)
    ]
