"""Fixture tools that answer by themselves: contents, errors, progress, logs, schemas and list changes."""

from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    PromptsListChanged,
    ServerEvent,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolRequestParams,
    CallToolResult,
    TextContent,
    Tool,
)

from tests.conformance.fixture_content import AUDIO, IMAGE, embedded
from tests.conformance.fixture_declaration import FixtureTool, Handler, always, declare, text

# SEP-1613 and SEP-2106: every keyword must reach the client. Our own tools have no such schema,
# for several hosts refuse it.
SCHEMA_2020_12: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


async def fail(_ctx: ServerRequestContext, _params: CallToolRequestParams) -> CallToolResult:
    return text("This tool intentionally returns an error for testing", is_error=True)


async def report_progress(
    ctx: ServerRequestContext, _params: CallToolRequestParams
) -> CallToolResult:
    for progress in (0, 50, 100):
        await ctx.session.report_progress(progress, 100)
    return text("Reported progress three times")


async def log(ctx: ServerRequestContext, _params: CallToolRequestParams) -> CallToolResult:
    for message in (
        "Tool execution started",
        "Tool processing data",
        "Tool execution completed",
    ):
        # The deprecated sender is the one that keeps quiet when the client asked for no log.
        await ctx.session.send_log_message(  # pyright: ignore[reportDeprecated]
            "info", message, related_request_id=ctx.request_id
        )
    return text("Logged three messages")


async def need_sampling(
    ctx: ServerRequestContext, _params: CallToolRequestParams
) -> CallToolResult:
    capabilities = ctx.session.client_capabilities
    if capabilities is None or capabilities.sampling is None:
        raise MCPError(
            code=MISSING_REQUIRED_CLIENT_CAPABILITY,
            message="This tool needs the client's sampling capability",
            data={"requiredCapabilities": {"sampling": {}}},
        )
    return text("The client can sample")


def announce(bus: InMemorySubscriptionBus, event: ServerEvent) -> Handler:
    async def answer(_ctx: ServerRequestContext, _params: CallToolRequestParams) -> CallToolResult:
        await bus.publish(event)
        return text("Announced a changed list")

    return answer


def plain_tools(bus: InMemorySubscriptionBus) -> tuple[FixtureTool, ...]:
    """Return the tools; those that change a list announce it on `bus`."""
    return (
        declare(
            "test_simple_text",
            "Answers text",
            always(TextContent(text="This is a simple text response for testing.")),
        ),
        declare("test_image_content", "Answers an image", always(IMAGE)),
        declare("test_audio_content", "Answers audio", always(AUDIO)),
        declare(
            "test_embedded_resource",
            "Answers an embedded resource",
            always(embedded("test://embedded-resource", "This is an embedded resource content.")),
        ),
        declare(
            "test_multiple_content_types",
            "Answers text, an image and a resource",
            always(
                TextContent(text="Multiple content types test:"),
                IMAGE,
                embedded(
                    "test://mixed-content-resource",
                    '{"test":"data","value":123}',
                    "application/json",
                ),
            ),
        ),
        declare("test_error_handling", "Always fails", fail),
        declare("test_tool_with_progress", "Reports its progress", report_progress),
        declare("test_tool_with_logging", "Logs while it runs", log),
        declare("test_logging_tool", "Logs only when the request asked for it", log),
        declare("test_missing_capability", "Needs a client that can sample", need_sampling),
        declare(
            "test_x_mcp_header",
            "Has an argument that a header repeats (SEP-2243)",
            always(TextContent(text="The header equals the argument")),
            region={"type": "string", "x-mcp-header": "Region"},
        ),
        FixtureTool(
            Tool(
                name="json_schema_2020_12_tool",
                description="Has a schema with the keywords of JSON Schema 2020-12",
                input_schema=SCHEMA_2020_12,
            ),
            always(TextContent(text="json_schema_2020_12_tool")),
        ),
        declare(
            "test_trigger_tool_change",
            "Announces that the tool list changed",
            announce(bus, ToolsListChanged()),
        ),
        declare(
            "test_trigger_prompt_change",
            "Announces that the prompt list changed",
            announce(bus, PromptsListChanged()),
        ),
    )
