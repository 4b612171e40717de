"""One page of the log folded into all views, together with the position, or not at all."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from itertools import compress
from typing import NamedTuple

import psycopg

from domain.account import Account
from domain.fact import Recorded
from infra.projector.direct import summary
from infra.projector.log import Decode, Poisoned
from infra.projector.tracking import Tracking
from projections.view import Connection, View

_FEW = 50


class Projection(NamedTuple):
    """What is folded into what: an account's log, how to decode it, and the views."""

    account: Account
    decode: Decode
    views: Sequence[View]

    @property
    def versions(self) -> dict[str, int]:
        """The versions of the views that the code has, by name."""
        return {view.name: view.version for view in self.views}


class Superseded(Exception):  # noqa: N818 - an answer, not a fault
    """The views are not where they were: they were swapped, or somebody else moved them."""


class FoldError(Exception):
    """A view could not take a page; its cause says why."""

    def __init__(self, view: str, error: Exception) -> None:
        super().__init__(f"the view {view} could not take a page: {summary(error)}")
        self.view = view


async def fold(
    connection: Connection,
    tracking: Tracking,
    views: Sequence[View],
    previous: int,
    page: Sequence[Recorded],
) -> int:
    """Fold a page that follows on position `previous`, and return the position reached.

    Where the page cannot be taken whole, as much of it is as can. Raises `Poisoned` when that is
    nothing, `Superseded`, and `FoldError` where it is the database that is in trouble.
    """

    async def write(part: Sequence[Recorded]) -> None:
        async with connection.transaction():
            try:
                await tracking.advance(connection, previous, part[-1].position)
            except psycopg.errors.DivisionByZero:
                raise Superseded from None
            for view, taken in shares(views, part):
                await _write(connection, tracking.schema, view, taken)

    if len(page) <= _FEW:
        # One round trip. What fails is tried again one by one, which tells what was at fault.
        with contextlib.suppress(psycopg.Error, FoldError):
            async with _pipeline(connection), connection.transaction():
                await tracking.advance(connection, previous, page[-1].position)
                for view, taken in shares(views, page):
                    await _write(connection, tracking.schema, view, taken)
            return page[-1].position
        # After an error the server passes over all that was sent, the transaction's end included.
        await connection.rollback()
    return page[await _as_far_as_possible(connection, page, write) - 1].position


@contextlib.asynccontextmanager
async def _pipeline(connection: Connection) -> AsyncGenerator[None]:
    """Send what the block executes without waiting for each answer."""
    pipeline: psycopg.AsyncPipeline | None = None
    try:
        async with connection.pipeline() as pipeline:
            yield
    except asyncio.CancelledError:
        if pipeline:
            # psycopg's end of a pipeline would ask a connection that is closed by then for these,
            # and complain of it, when it is collected half done.
            pipeline.result_queue.clear()
        raise


def shares(
    views: Sequence[View], page: Sequence[Recorded]
) -> list[tuple[View, Sequence[Recorded]]]:
    """Return the views that take any fact of a page, each with those that it takes."""
    kinds = [type(event.fact) for _, event in page]
    found = frozenset(kinds)
    return [
        (view, list(compress(page, map(view.takes.__contains__, kinds))))
        for view in views
        if not view.takes.isdisjoint(found)
    ]


async def fold_one(
    connection: Connection, schema: str, view: View, page: Sequence[Recorded]
) -> None:
    """Fold facts into one view whose position nobody keeps. Raises as `fold` does."""

    async def write(part: Sequence[Recorded]) -> None:
        async with connection.transaction():
            await _write(connection, schema, view, part)

    while page:
        page = page[await _as_far_as_possible(connection, page, write) :]


async def _write(connection: Connection, schema: str, view: View, page: Sequence[Recorded]) -> None:
    try:
        await view.fold(connection, schema, page)
    except Exception as error:
        raise FoldError(view.name, error) from error


async def _as_far_as_possible(
    connection: Connection,
    page: Sequence[Recorded],
    write: Callable[[Sequence[Recorded]], Awaitable[None]],
) -> int:
    """Write a page, or halve it until a beginning can be written; return how many facts that is.

    So the views come as far as the fact that is at fault, and it is known which one that is.
    """
    while True:
        try:
            await write(page)
        except FoldError as error:
            if connection.closed or _is_passing(error.__cause__):
                raise
            if len(page) == 1:
                where = f"{page[0].event.fact.topic} in the view {error.view}"
                raise Poisoned(page[0].position, where, error.__cause__ or error) from error
            page = page[: len(page) // 2]
        else:
            return len(page)


def _is_passing(error: BaseException | None) -> bool:
    """Whether the trouble is the database's (killed, full, locked), so that no fact is at fault."""
    limit_exceeded = "54"  # a text too long for an index, say
    return isinstance(error, psycopg.OperationalError) and (
        error.sqlstate is None or not error.sqlstate.startswith(limit_exceeded)
    )
