"""Our server with the library's `app.save` in place of the writer: one commit a call, on threads."""

import asyncio
import gc
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from litestar.types import ASGIApp

from domain.application import Helpdesk
from domain.authentication import Authenticator
from domain.ledger import Append, Appended, BudgetLine, Verdict
from infra.desk import Desk, new_id, utc_now
from infra.event_store.ledger import PostgresLedger
from infra.event_store.library import environment_for
from infra.serve.draining import Draining
from infra.settings import Settings, read_settings

THREADS = 16
PLENTY = BudgetLine(2**50, 0, datetime(2100, 1, 1, tzinfo=UTC))


class StockRecorder(PostgresApplicationRecorder):
    """The library's recorder as it is, on our table of the same shape."""

    def __init__(self, datastore: PostgresDatastore, **_: Any) -> None:
        super().__init__(datastore, events_table_name="events")


class SavingLedger(PostgresLedger):
    """Appends by `app.save`: no guards, no budget, no authority, and each call its own commit."""

    def __init__(self, desk: Desk, app: Application[UUID]) -> None:
        super().__init__(desk.pool, desk.account, desk.writer)
        self._app = app
        self._threads = ThreadPoolExecutor(THREADS)
        self._wake = desk.live.projector.wake

    async def append(self, request: Append) -> Appended:
        loop = asyncio.get_running_loop()
        try:
            position = await loop.run_in_executor(self._threads, self._save, request)
        except IntegrityError:
            return Appended(Verdict.CONFLICT, 0, 0, PLENTY)
        self._wake(position)
        return Appended(Verdict.STORED, position, request.authority or 0, PLENTY)

    def _save(self, request: Append) -> int:
        return self._app.save(*request.events)[-1].notification.id


class SavingDesk(Desk):
    """The same composition root, but for what appends."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.ledger = SavingLedger(
            self, library_application(settings.database_url, self.account.log)
        )
        self.helpdesk = Helpdesk(self.ledger, self.views, utc_now, new_id)
        self.authenticator = Authenticator(self.ledger, self.helpdesk.states, utc_now)


def library_application(url: str, schema: str) -> Application[UUID]:
    """Make the library's application over a log that exists."""
    return Application[UUID](
        {
            **environment_for(url, schema),
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "APPLICATION_RECORDER_TOPIC": f"{__name__}:StockRecorder",
            "MAPPER_TOPIC": "infra.event_store.mapper:FactMapper",
            "POSTGRES_POOL_SIZE": str(THREADS),
        }
    )


def application() -> ASGIApp:
    """Build the ASGI application as `infra.serve.worker` does."""
    app = Draining(cast("ASGIApp", SavingDesk(read_settings(os.environ)).app()))
    gc.freeze()
    return cast("ASGIApp", app)
