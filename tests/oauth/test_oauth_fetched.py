"""What comes of a fetch: which answers are documents, and how large they may be."""

import asyncio
import gzip
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.oauth.client_document import DocumentRefused, Unreachable
from infra.oauth.fetching import (
    MOST_BYTES,
)
from tests.examples import examples
from tests.oauth.oauth_plain import fetch_plain
from tests.oauth.oauth_site import answer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "kind",
    ["application/json", "Application/JSON; charset=utf-8", "application/oauth-client+json"],
)
async def test_any_json_is_read(kind: str) -> None:
    assert (await fetch_plain(answer(b"{}", "200 OK", kind))).body == b"{}"


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
async def test_a_document_that_was_taken_away_is_no_longer_one(status: str) -> None:
    with pytest.raises(DocumentRefused, match="has none there") as refused:
        await fetch_plain(answer(b"{}", status))
    assert not isinstance(refused.value, Unreachable)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (answer(b"{}", "302 Found", "", "Location: http://127.0.0.1:1/"), "status 302"),
        (answer(b"{}", "301 Moved", "", "Location: /other"), "status 301"),
        (answer(b"{}", "201 Created"), "status 201"),
        (answer(b"{}", "206 Partial"), "status 206"),
        (answer(b"{}", "500 Broken"), "status 500"),
        (answer(b"{}", "200 OK", "text/html"), "not application/json"),
        (answer(b"{}", "200 OK", "application/jsonp"), "not application/json"),
        (answer(b"{}", "200 OK", ""), "not application/json"),
        (
            answer(
                gzip.compress(bytes(10_000_000)),
                "200 OK",
                "application/json",
                "Content-Encoding: gzip",
            ),
            "compressed",
        ),
        (answer(b"{}", "200 OK", "application/json", "Content-Encoding: br"), "compressed"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Type: application/json\r\n\r\n{}",
            "HTTP",
        ),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "did not answer in HTTP"),
        (b"", "did not answer in HTTP"),
    ],
)
async def test_every_other_answer_is_as_good_as_none(given: bytes, why: str) -> None:
    with pytest.raises(Unreachable, match=why):
        await fetch_plain(given)


async def test_a_document_has_five_kilobytes_at_most() -> None:
    assert len((await fetch_plain(answer(bytes(MOST_BYTES)))).body) == 5 * 1024
    with pytest.raises(DocumentRefused, match="more than 5120 bytes"):
        await fetch_plain(answer(bytes(MOST_BYTES + 1)))


async def test_a_document_without_an_end_is_left_at_its_limit() -> None:
    async def pour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
        )
        while not writer.is_closing():
            writer.write(b"400\r\n" + bytes(0x400) + b"\r\n")
            await writer.drain()

    with pytest.raises(DocumentRefused, match="more than 5120 bytes"):
        await fetch_plain(pour)


HEADS = (
    b"",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
)


@settings(max_examples=examples(20), deadline=None)
@given(st.sampled_from(HEADS), st.binary(max_size=200))
def test_nothing_but_a_refusal_comes_of_any_bytes(head: bytes, rest: bytes) -> None:
    async def fetch() -> None:
        with suppress(DocumentRefused):
            assert len((await fetch_plain(head + rest)).body) <= MOST_BYTES

    asyncio.run(fetch())
