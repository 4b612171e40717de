"""The MCP server that the conformance suite knows: every tool, resource and prompt it asks for.

The names and texts are the suite's. What is under test is the mount this server stands behind.
"""

import json

from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    BlobResourceContents,
    CallToolRequestParams,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    EmptyResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextResourceContents,
    UnsubscribeRequestParams,
)

from tests.conformance.fixture_back_channel import BACK_CHANNEL_TOOLS
from tests.conformance.fixture_content import PNG
from tests.conformance.fixture_declaration import Answer
from tests.conformance.fixture_prompts import get_prompt, list_prompts
from tests.conformance.fixture_rounds import ROUND_TOOLS
from tests.conformance.fixture_tools import plain_tools

STATIC: dict[str, TextResourceContents | BlobResourceContents] = {
    contents.uri: contents
    for contents in (
        TextResourceContents(
            uri="test://static-text",
            mime_type="text/plain",
            text="This is the content of the static text resource.",
        ),
        BlobResourceContents(uri="test://static-binary", mime_type="image/png", blob=PNG),
        TextResourceContents(
            uri="test://watched-resource", mime_type="text/plain", text="Watched resource content"
        ),
    )
}
HINT = CacheHint(ttl_ms=300_000, scope="private")


async def list_resources(
    _ctx: ServerRequestContext, _params: PaginatedRequestParams | None
) -> ListResourcesResult:
    return ListResourcesResult(
        resources=[
            Resource(uri=uri, name=uri, description="A fixture", mime_type=contents.mime_type)
            for uri, contents in STATIC.items()
        ]
    )


async def list_resource_templates(
    _ctx: ServerRequestContext, _params: PaginatedRequestParams | None
) -> ListResourceTemplatesResult:
    template = ResourceTemplate(
        uri_template="test://template/{id}/data",
        name="template",
        description="A fixture with an id in its address",
        mime_type="application/json",
    )
    return ListResourceTemplatesResult(resource_templates=[template])


async def read_resource(
    _ctx: ServerRequestContext, params: ReadResourceRequestParams
) -> ReadResourceResult:
    if (contents := STATIC.get(params.uri)) is not None:
        return ReadResourceResult(contents=[contents])
    match params.uri.split("/"):
        case ["test:", "", "template", id_, "data"]:
            data = json.dumps({"id": id_, "templateTest": True, "data": f"Data for ID: {id_}"})
            filled = TextResourceContents(uri=params.uri, mime_type="application/json", text=data)
            return ReadResourceResult(contents=[filled])
        case _:
            raise MCPError(
                code=INVALID_PARAMS, message="Resource not found", data={"uri": params.uri}
            )


async def complete(_ctx: ServerRequestContext, _params: CompleteRequestParams) -> CompleteResult:
    return CompleteResult(completion=Completion(values=["completed"], total=1, has_more=False))


async def accept(
    _ctx: ServerRequestContext,
    _params: SetLevelRequestParams | SubscribeRequestParams | UnsubscribeRequestParams,
) -> EmptyResult:
    """Answer a legacy request whose effect a stateless server cannot keep."""
    return EmptyResult()


def fixture_server() -> Server:
    """Build the server; each call gives one that shares nothing with the others."""
    bus = InMemorySubscriptionBus()
    tools = {
        declared.tool.name: declared
        for declared in (*plain_tools(bus), *ROUND_TOOLS, *BACK_CHANNEL_TOOLS)
    }

    async def list_tools(
        _ctx: ServerRequestContext, _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=[declared.tool for declared in tools.values()])

    async def call_tool(ctx: ServerRequestContext, params: CallToolRequestParams) -> Answer:
        if params.name not in tools:
            raise MCPError(code=INVALID_PARAMS, message=f"Unknown tool: {params.name}")
        return await tools[params.name].answer(ctx, params)

    server = Server(
        "deskledger-conformance",
        version="1",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_resource_templates,
        on_read_resource=read_resource,
        on_subscribe_resource=accept,
        on_unsubscribe_resource=accept,
        on_subscriptions_listen=ListenHandler(bus),
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
        on_completion=complete,
        get_tool_input_schema=lambda name: tools[name].tool.input_schema if name in tools else None,
        cache_hints={
            "prompts/list": HINT,
            "resources/list": HINT,
            "resources/read": HINT,
            "resources/templates/list": HINT,
            "server/discover": HINT,
            "tools/list": HINT,
        },
    )
    # Not a constructor argument: that one warns of its deprecation.
    server.add_request_handler("logging/setLevel", SetLevelRequestParams, accept)
    server.middleware.append(
        RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=server.name)
    )
    return server
