"""The fixture's prompts, one of which asks for more before it answers."""

from collections.abc import Callable

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ContentBlock,
    GetPromptRequestParams,
    GetPromptResult,
    InputRequiredResult,
    ListPromptsResult,
    PaginatedRequestParams,
    Prompt,
    PromptArgument,
    PromptMessage,
    TextContent,
)

from tests.conformance.fixture_content import IMAGE, embedded
from tests.conformance.fixture_rounds import elicit, elicited, need

Said = tuple[ContentBlock, ...] | InputRequiredResult


def simple(_params: GetPromptRequestParams) -> Said:
    return (TextContent(text="This is a simple prompt for testing."),)


def with_arguments(params: GetPromptRequestParams) -> Said:
    given = params.arguments or {}
    arg1, arg2 = given.get("arg1"), given.get("arg2")
    return (TextContent(text=f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"),)


def with_embedded_resource(params: GetPromptRequestParams) -> Said:
    uri = (params.arguments or {}).get("resourceUri", "")
    return (
        embedded(uri, "Embedded resource content for testing."),
        TextContent(text="Please process the embedded resource above."),
    )


def with_image(_params: GetPromptRequestParams) -> Said:
    return (IMAGE, TextContent(text="Please analyze the image above."))


def with_context(params: GetPromptRequestParams) -> Said:
    context = elicited(params, "user_context", "context")
    if context is None:
        return need(user_context=elicit("What context should the prompt use?", "context"))
    return (TextContent(text=f"Use this context: {context}"),)


PROMPTS: dict[str, tuple[Callable[[GetPromptRequestParams], Said], tuple[str, ...]]] = {
    "test_simple_prompt": (simple, ()),
    "test_prompt_with_arguments": (with_arguments, ("arg1", "arg2")),
    "test_prompt_with_embedded_resource": (with_embedded_resource, ("resourceUri",)),
    "test_prompt_with_image": (with_image, ()),
    "test_input_required_result_prompt": (with_context, ()),
}


async def list_prompts(
    _ctx: ServerRequestContext, _params: PaginatedRequestParams | None
) -> ListPromptsResult:
    return ListPromptsResult(
        prompts=[
            Prompt(
                name=name,
                description="A fixture",
                arguments=[PromptArgument(name=argument, required=True) for argument in arguments],
            )
            for name, (_, arguments) in PROMPTS.items()
        ]
    )


async def get_prompt(
    _ctx: ServerRequestContext, params: GetPromptRequestParams
) -> GetPromptResult | InputRequiredResult:
    if params.name not in PROMPTS:
        raise MCPError(code=INVALID_PARAMS, message=f"Unknown prompt: {params.name}")
    said = PROMPTS[params.name][0](params)
    if isinstance(said, InputRequiredResult):
        return said
    return GetPromptResult(messages=[PromptMessage(role="user", content=block) for block in said])
