"""What becomes of open requests when their process is told to stop."""

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from api.broken_off import BrokenOff
from infra.serve.draining import Draining
from infra.serve.leaving import SIGNALS

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Let signals end nothing, and put back what they did."""
    before = {number: signal.signal(number, _heed_not) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _heed_not(_number: int, _frame: object) -> None:
    pass


async def told_to_stop(media_type: bytes | None, *, done: bool = False) -> list[dict[str, Any]]:
    """Open a request that is never done, tell the process to stop, and return what was sent."""
    begun = asyncio.Event()

    async def endless(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        if media_type:
            headers = [(b"content-type", media_type)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"part", "more_body": not done})
        begun.set()
        await asyncio.get_running_loop().create_future()

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    app = Draining(endless, grace=0)
    await app({"type": "lifespan"}, receive, send)  # pyright: ignore[reportArgumentType] - in part
    answering = asyncio.create_task(app({"type": "http"}, receive, send))  # pyright: ignore[reportArgumentType] - likewise
    await begun.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(answering, 60)
    return sent


async def test_who_got_no_answer_yet_is_told_to_try_again() -> None:
    start, body = await told_to_stop(None)
    assert (start["status"], body["more_body"]) == (503, False)


async def test_a_stream_of_events_ends() -> None:
    assert (await told_to_stop(b"text/event-stream; charset=utf-8"))[-1]["more_body"] is False


async def test_an_answer_that_was_given_stays_as_it_is() -> None:
    assert len(await told_to_stop(b"text/csv", done=True)) == 2


async def test_a_file_is_broken_off_so_that_nobody_takes_it_for_the_whole() -> None:
    with pytest.raises(BrokenOff):
        await told_to_stop(b"text/csv; charset=utf-8")
