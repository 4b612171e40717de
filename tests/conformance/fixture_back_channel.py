"""Fixture tools that send the client a request while they run, as revisions before 2026-07-28 allow.

A stateless mount has no channel for the client's answer, so these fail there and stand in the
baseline; they are written out so that the baseline goes stale when that ever changes.
"""

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.message import ServerMessageMetadata
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    Result,
    ServerRequest,
)

from tests.conformance.fixture_declaration import FixtureTool, Handler, declare, object_schema, text
from tests.conformance.fixture_rounds import sample

NUMBERS = ["option1", "option2", "option3"]
TITLES = [{"const": number, "title": number.title()} for number in NUMBERS]

USER: dict[str, object] = {
    "username": {"type": "string", "description": "User's response"},
    "email": {"type": "string", "description": "User's email address"},
}
DEFAULTS: dict[str, object] = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {
        "type": "string",
        "enum": ["active", "inactive", "pending"],
        "default": "active",
    },
    "verified": {"type": "boolean", "default": True},
}
ENUMS: dict[str, object] = {
    "untitledSingle": {"type": "string", "enum": NUMBERS},
    "titledSingle": {"type": "string", "oneOf": TITLES},
    "legacyEnum": {"type": "string", "enum": NUMBERS, "enumNames": ["One", "Two", "Three"]},
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": NUMBERS}},
    "titledMulti": {"type": "array", "items": {"anyOf": TITLES}},
}


async def ask(
    ctx: ServerRequestContext, request: ServerRequest, result: type[Result]
) -> CallToolResult:
    metadata = ServerMessageMetadata(related_request_id=ctx.request_id)
    try:
        answer = await ctx.session.send_request(request, result, metadata=metadata)
    except NoBackChannelError as refusal:
        return text(str(refusal), is_error=True)
    return text(f"The client answered: {answer.model_dump_json(by_alias=True)}")


async def ask_model(ctx: ServerRequestContext, params: CallToolRequestParams) -> CallToolResult:
    prompt = str((params.arguments or {}).get("prompt"))
    return await ask(ctx, sample(prompt), CreateMessageResult)


def ask_user(message: str, properties: dict[str, object]) -> Handler:
    form = ElicitRequestFormParams(message=message, requested_schema=object_schema(properties))

    async def answer(ctx: ServerRequestContext, _params: CallToolRequestParams) -> CallToolResult:
        return await ask(ctx, ElicitRequest(params=form), ElicitResult)

    return answer


BACK_CHANNEL_TOOLS: tuple[FixtureTool, ...] = (
    declare("test_sampling", "Asks the client's model", ask_model, prompt={"type": "string"}),
    declare(
        "test_elicitation",
        "Asks the user",
        ask_user("Who are you?", USER),
        message={"type": "string"},
    ),
    declare(
        "test_elicitation_sep1034_defaults",
        "Asks with a default for every primitive type (SEP-1034)",
        ask_user("Please check these values", DEFAULTS),
    ),
    declare(
        "test_elicitation_sep1330_enums",
        "Asks with every kind of enumeration (SEP-1330)",
        ask_user("Please choose", ENUMS),
    ),
)
