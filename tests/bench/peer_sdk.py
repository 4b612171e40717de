"""The MCP SDK's own low-level server with one tool that does nothing, mounted the plain way."""

from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from starlette.applications import Starlette

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"ticket_id": {"type": "string"}}}
TOOL = types.Tool(name="nothing", description="Do nothing.", input_schema=SCHEMA)


async def list_tools(
    _ctx: ServerRequestContext[Any], _params: types.PaginatedRequestParams | None
) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[TOOL])


async def call_tool(
    _ctx: ServerRequestContext[Any], params: types.CallToolRequestParams
) -> types.CallToolResult:
    ticket = (params.arguments or {})["ticket_id"]
    return types.CallToolResult(
        content=[types.TextContent(text=ticket)], structured_content={"result": ticket}
    )


def application() -> Starlette:
    """Build the ASGI application, stateless and without streams: the fastest that it can be."""
    server = Server[Any](
        "peer",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        get_tool_input_schema=lambda _name: SCHEMA,
    )
    return server.streamable_http_app(json_response=True, stateless_http=True)
