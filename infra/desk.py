"""The composition root: everything that makes one account work, as one object graph."""

import contextlib
import os
import secrets
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import psycopg
import uuid_utils.compat

from api.oauth.locations import Locations
from domain.account import Account
from domain.application import Helpdesk, Insider, Settled, Wish
from domain.authentication import Authenticator
from domain.caller import insider
from domain.fact import Via
from infra.event_store.ledger import PostgresLedger
from infra.event_store.mapper import to_event
from infra.event_store.writer import Writer
from infra.expired import ExpiredCredentials
from infra.housekeeping import Housekeeping
from infra.oauth.store import PostgresOAuthStore
from infra.pool import reading_pool
from infra.presence import mark
from infra.projector.fold import Projection
from infra.projector.live import LiveViews
from infra.rates import Limits, PostgresRateLimiter
from infra.settings import Settings
from infra.system import Process, SystemReader
from infra.throttle import PostgresThrottle
from projections.all import VIEWS
from projections.views import Views

if TYPE_CHECKING:
    from litestar import Litestar

    from api.oauth.clients import Clients
    from api.services import Services
    from api.sign_in.entrance import Entrance
    from mcp_server.dispatch import Dispatcher


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    """Return a UUIDv7, which sorts by time: kind to indexes."""
    return uuid_utils.compat.uuid7()


def projection_of(account: Account) -> Projection:
    """Return what is folded into what for an account."""
    return Projection(account, to_event, VIEWS)


class Desk:
    """One account: put together at once, at work within `async with desk.open()`."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        self.settings = settings
        self.started_at = now()
        self.account = account = Account.named(settings.account)
        self.pool = reading_pool(settings.database_url, settings.pool_size)
        self.views = Views(self.pool, account.views)
        projection = projection_of(account)
        self.live = LiveViews(
            settings.direct_url,
            projection,
            self.pool.connection,
            is_ours=self._commits_in,
        )
        self.writer = Writer(settings.database_url, account, self.live.projector.offer)
        self.ledger = PostgresLedger(self.pool, account, self.writer)
        self.helpdesk = Helpdesk(self.ledger, self.views, now, new_id)
        self.authenticator = Authenticator(
            self.ledger,
            self.helpdesk.states,
            now,
            idle=timedelta(hours=settings.session_idle_hours),
            resource=Locations(settings.base_url).resource,
        )
        self.rates = PostgresRateLimiter(
            self.pool, account, Limits(settings.rate_per_credential, settings.rate_per_address)
        )
        self.throttle = PostgresThrottle(self.pool, account)
        self.expired = ExpiredCredentials(self.pool, account)
        self.oauth = PostgresOAuthStore(self.pool, account)
        self.housekeeping = Housekeeping(
            (
                self.authenticator.write_down_uses,
                self.rates.remove_old,
                self.throttle.remove_old,
                self.expired.remove_old,
                self.remove_old_clients,
            ),
            last=self.authenticator.write_down_uses,
            now=now,
        )
        self.system = SystemReader(
            self.pool,
            account,
            projection.versions,
            Process(
                self.started_at,
                settings,
                self.live.progress,
                lambda: self.housekeeping.last_round,
            ),
        )

    def _commits_in(self, session: int) -> bool:
        return self.writer.commits_in(session)

    async def remove_old_clients(self) -> None:
        """Remove OAuth clients and grants that nobody can use any more. Raises `Unavailable`."""
        await self.oauth.remove_old(self.helpdesk.now())

    @cached_property
    def clients(self) -> "Clients":
        """The OAuth clients that may come."""
        from api.oauth.clients import Clients  # noqa: PLC0415 - see `dispatcher`
        from api.oauth.documents import Documents  # noqa: PLC0415 - see `dispatcher`
        from infra.oauth.fetching import DocumentFetch  # noqa: PLC0415 - see `dispatcher`
        from infra.oauth.pinned import read_pinned  # noqa: PLC0415 - see `dispatcher`

        plain = self.settings.insecure_hosts
        documents = Documents(
            fetch=DocumentFetch(plain),
            store=self.oauth,
            rates=self.rates,
            now=self.helpdesk.now,
            pinned=read_pinned(self.settings.client_documents),
            plain=plain,
        )
        return Clients(self.helpdesk.states, self.oauth, documents)

    @cached_property
    def dispatcher(self) -> "Dispatcher":
        """The account's tools. They take a second to import, which commands do without."""
        from mcp_server.dispatch import Dispatcher  # noqa: PLC0415 - as said
        from mcp_server.tools import TOOLS  # noqa: PLC0415 - as said

        return Dispatcher(TOOLS, self.helpdesk, self.views, self.live.progress)

    @cached_property
    def services(self) -> "Services":
        """What the REST API works with."""
        from api.services import Services  # noqa: PLC0415 - see `dispatcher`

        return Services(
            helpdesk=self.helpdesk,
            ledger=self.ledger,
            views=self.views,
            progress=self.live.progress,
            random=secrets.token_bytes,
            base_url=self.settings.base_url,
            idle=timedelta(hours=self.settings.session_idle_hours),
            system=self.system,
        )

    @cached_property
    def entrance(self) -> "Entrance":
        """How people sign in."""
        from api.sign_in.entrance import entrance_to  # noqa: PLC0415 - see `dispatcher`

        lasting = timedelta(days=self.settings.session_days)
        return entrance_to(self.helpdesk, self.throttle, secrets.token_bytes, lasting)

    @contextlib.asynccontextmanager
    async def open(self, *, follow: bool = True) -> AsyncGenerator[Self]:
        """Connect and follow the log; the schema must be up to date. Close in order at the end.

        Without `follow` the views are left to other processes, or to the next one.
        """
        following = self.live if follow else contextlib.nullcontext()
        async with self.pool, following, self.housekeeping:
            self.writer.start()
            try:
                yield self
            finally:
                await self.writer.stop()

    async def execute(self, *wishes: Wish, via: Via = "cli") -> Settled:
        """Carry out commands from inside the house, all of them or none, for one stream."""
        return await self.helpdesk.execute(Insider(insider(via)), *wishes)

    async def views_caught_up(self, seconds: float = 60) -> bool:
        """Wait until the views show all that is in the log now; False when that takes longer."""
        place = await self.live.progress.read()
        return place is not None and await self.live.progress.reached(place.head, seconds)

    async def readiness(self) -> dict[str, Any]:
        """Report whether traffic should come here: the database answers and the views follow."""
        try:
            lag = await self.live.progress.lag()
        except (psycopg.Error, OSError, TimeoutError):
            return {"ready": False, "database": False}
        failed = self.live.progress.failure is not None  # the log says how
        ready = lag is not None and not failed
        return {"ready": ready, "database": True, "views_lag": lag, "views_failed": failed}

    def app(self) -> "Litestar":
        """Build the ASGI application, which opens the desk with its lifespan."""
        from api.app import Parts, create_app  # noqa: PLC0415 - see `dispatcher`
        from infra.own_address import OwnAddress  # noqa: PLC0415 - see `dispatcher`
        from mcp_server.server import build_server  # noqa: PLC0415 - see `dispatcher`

        @contextlib.asynccontextmanager
        async def lifespan(_app: "Litestar") -> AsyncGenerator[None]:
            self.live.be_seen_as(mark(self.account, os.getpid()))
            async with self.open():
                yield

        return create_app(
            Parts(
                server=build_server(self.dispatcher),
                identify=self.authenticator.identify,
                rates=self.rates,
                services=self.services,
                entrance=self.entrance,
                clients=self.clients,
                oauth=self.oauth,
                readiness=self.readiness,
                ask=OwnAddress(self.settings.base_url),
                lifespan=lifespan,
                hosts=self.settings.hosts,
                origins=self.settings.origins,
            )
        )
