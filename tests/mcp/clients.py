"""The official client, in both of its eras, as an agent's AI tool would connect."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Literal, NamedTuple

import httpx2
import msgspec
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, Implementation, TextContent

Era = Literal["modern", "legacy"]
ERAS: tuple[Era, ...] = ("modern", "legacy")
USER_AGENT = "OldTool/3.1 (tests)"
MODES = {"modern": "auto", "legacy": "legacy"}


@asynccontextmanager
async def connected(url: str, token: str, era: Era = "modern") -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {token}", "User-Agent": USER_AGENT}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=20) as http,
        Client(
            streamable_http_client(url, http_client=http),
            mode=MODES[era],
            client_info=Implementation(name="NewTool", version="2.0"),
        ) as client,
    ):
        yield client


class Told(NamedTuple):
    """A refusal, as a model reads it."""

    code: str
    sentence: str
    details: dict[str, Any]


def answer_of(result: CallToolResult) -> dict[str, Any]:
    """Return an answer, which says the same as text and as structured content."""
    assert not result.is_error, result
    assert result.structured_content is not None
    assert msgspec.json.decode(text_of(result)) == result.structured_content
    return result.structured_content


def refusal_of(result: CallToolResult) -> Told:
    """Return a refusal, which is text only: hosts show structured content in its stead."""
    assert result.is_error, result
    assert result.structured_content is None
    told = msgspec.json.decode(text_of(result))
    return Told(told.pop("error"), told.pop("message"), told)


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text
