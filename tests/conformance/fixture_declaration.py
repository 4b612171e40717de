"""How the conformance fixture declares a tool."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mcp.server.context import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    InputRequiredResult,
    TextContent,
    Tool,
)

Answer = CallToolResult | InputRequiredResult
Handler = Callable[[ServerRequestContext, CallToolRequestParams], Awaitable[Answer]]


@dataclass(frozen=True)
class FixtureTool:
    """A tool the suite calls by name, and what answers it."""

    tool: Tool
    answer: Handler


def declare(name: str, description: str, answer: Handler, **properties: object) -> FixtureTool:
    """Declare a tool whose arguments, if any, are all required."""
    schema = object_schema(properties)
    return FixtureTool(Tool(name=name, description=description, input_schema=schema), answer)


def object_schema(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def always(*blocks: ContentBlock) -> Handler:
    async def answer(_ctx: ServerRequestContext, _params: CallToolRequestParams) -> CallToolResult:
        return CallToolResult(content=list(blocks))

    return answer


def text(sentence: str, *, is_error: bool = False) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=sentence)], is_error=is_error)
