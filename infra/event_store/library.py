"""The eventsourcing library on our log: its recorder over the same append function, for its tools."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import args_row

from domain.account import Account
from domain.facts import FACTS
from domain.ledger import Append, Verdict
from infra.event_store.batch import Encoded, Outcome, append_statement, parameters
from infra.event_store.columns import take_columns
from infra.event_store.effects import effects_of
from infra.event_store.mapper import Row, to_event


class FunctionRecorder(PostgresApplicationRecorder):
    """Appends through the account's function: all of a call's events, or `IntegrityError`.

    Table, index and channel stay as the library knows them, so its reads and subscriptions work
    unchanged. It appends for callers inside the house: no authority, no expiry, no charge.
    """

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "events") -> None:
        del events_table_name  # the library names it after the application, we after the account
        super().__init__(datastore, events_table_name="events")
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
        effects = effects_of(Append(events=[to_event(*row) for row in rows if row.topic in FACTS]))
        request = Encoded(Append(events=()), rows, [], effects)
        with (
            self.datastore.get_connection() as connection,
            connection.cursor(row_factory=args_row(Outcome)) as cursor,
        ):
            take_columns(cursor)
            outcome = cursor.execute(self._append, parameters([request])).fetchone()
        if outcome is None or Verdict(outcome.verdicts[0]) is not Verdict.STORED:
            raise IntegrityError("an event's version is taken")
        first = outcome.first_position or 0
        return list(range(first, first + len(rows)))


class LedgerApplication(Application[UUID]):
    """The library's application over an account's log, for scripts and notebooks.

    It is told by environment where the log is: POSTGRES_SCHEMA (`acct_` and the account's name),
    POSTGRES_DBNAME, POSTGRES_HOST, POSTGRES_PORT, POSTGRES_USER and POSTGRES_PASSWORD; or it is
    given them, as `LedgerApplication(environment_for(url, account))`. What else it needs is set
    here: PERSISTENCE_MODULE, APPLICATION_RECORDER_TOPIC, MAPPER_TOPIC, and CREATE_TABLE off, since
    the log is made by migrations. `app.events.get(stream)` reads a stream,
    `ApplicationSubscription(app, gt=position)` follows the log, `app.save(event)` appends.
    """

    name = "deskledger"
    env: ClassVar[dict[str, str]] = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "APPLICATION_RECORDER_TOPIC": f"{__name__}:FunctionRecorder",
        "MAPPER_TOPIC": "infra.event_store.mapper:FactMapper",
        "CREATE_TABLE": "n",
    }


def environment_for(url: str, schema: str) -> dict[str, str]:
    """Say in the library's variables what a libpq URL says, with the schema its tables are in."""
    parts = conninfo_to_dict(url)
    names = ("dbname", "host", "port", "user", "password")
    found = {f"POSTGRES_{name.upper()}": str(parts.get(name, "")) for name in names}
    return found | {"POSTGRES_SCHEMA": schema}
