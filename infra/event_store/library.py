"""The eventsourcing library on our log: its recorder over the same append function, for its tools."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.rows import args_row

from domain.account import Account
from domain.ledger import Append, Verdict
from infra.event_store.batch import Encoded, Outcome, append_statement, parameters
from infra.event_store.mapper import Row


class FunctionRecorder(PostgresApplicationRecorder):
    """Appends through the account's function: all of a call's events, or `IntegrityError`.

    Table, index and channel stay the library's, so its reads and subscriptions work unchanged.
    """

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        account = Account.named(datastore.schema.removeprefix("acct_"))
        self.channel_name = account.log_channel
        self._append = append_statement(account)

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Append all or raise `IntegrityError`; a lost answer is never retried blindly."""
        rows = [
            Row(UUID(str(e.originator_id)), e.originator_version, e.topic, e.state)
            for e in stored_events
        ]
        if not rows:
            return []
        if len({(row.stream, row.version) for row in rows}) < len(rows):
            raise IntegrityError("an event's version stands twice in one call")
        request = Encoded(Append(events=()), rows, [], "")
        with (
            self.datastore.get_connection() as connection,
            connection.cursor(row_factory=args_row(Outcome)) as cursor,
        ):
            outcome = cursor.execute(self._append, parameters([request])).fetchone()
        if outcome is None or Verdict(outcome.verdicts[0]) is not Verdict.STORED:
            raise IntegrityError("an event's version is taken")
        first = outcome.first_position or 0
        return list(range(first, first + len(rows)))


class LedgerApplication(Application[UUID]):
    """The library's application over an account's log, for scripts and notebooks."""

    name = "deskledger"
