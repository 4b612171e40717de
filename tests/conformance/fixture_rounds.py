"""Fixture tools that return what they still need and are called again with it (SEP-2322)."""

from mcp.server.context import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequest,
    InputRequiredResult,
    InputResponseRequestParams,
    ListRootsRequest,
    SamplingMessage,
    TextContent,
)

from tests.conformance.fixture_declaration import (
    Answer,
    FixtureTool,
    Handler,
    declare,
    object_schema,
    text,
)


def elicit(message: str, field: str, type_: str = "string") -> ElicitRequest:
    schema = object_schema({field: {"type": type_}})
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sample(prompt: str) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(text=prompt))
    return CreateMessageRequest(
        params=CreateMessageRequestParams(messages=[message], max_tokens=100)
    )


def need(state: str | None = None, /, **requests: InputRequest) -> InputRequiredResult:
    return InputRequiredResult(input_requests=requests, request_state=state)


def elicited(params: InputResponseRequestParams, key: str, field: str) -> str | None:
    """Return what the user filled in, or None when the client sent nothing usable."""
    match (params.input_responses or {}).get(key):
        case ElicitResult(action="accept", content=dict(content)) if field in content:
            return str(content[field])
        case _:
            return None


ASK_NAME = elicit("What is your name?", "name")


async def elicitation(_ctx: ServerRequestContext, params: CallToolRequestParams) -> Answer:
    name = elicited(params, "user_name", "name")
    return need(user_name=ASK_NAME) if name is None else text(f"Hello, {name}!")


def ask_until_answered(state: str | None = None, /, **requests: InputRequest) -> Handler:
    """Ask for all of `requests` until one call brings them all, with the state they were sent with."""

    async def answer(_ctx: ServerRequestContext, params: CallToolRequestParams) -> Answer:
        responses = params.input_responses or {}
        if requests.keys() <= responses.keys() and params.request_state == state:
            return text(f"state-ok: received {', '.join(requests)}")
        return need(state, **requests)

    return answer


async def multi_round(_ctx: ServerRequestContext, params: CallToolRequestParams) -> Answer:
    state = params.request_state or ""
    if state.startswith("name:") and (color := elicited(params, "step2", "color")):
        return text(f"{state.removeprefix('name:')} likes {color}.")
    if state == "asked" and (name := elicited(params, "step1", "name")):
        return need(f"name:{name}", step2=elicit("Step 2: What is your favorite color?", "color"))
    return need("asked", step1=elicit("Step 1: What is your name?", "name"))


async def ask_what_the_client_can(
    ctx: ServerRequestContext, _params: CallToolRequestParams
) -> Answer:
    capabilities = ctx.session.client_capabilities
    requests: dict[str, InputRequest] = {}
    if capabilities is not None and capabilities.sampling is not None:
        requests["sample"] = sample("Say hello")
    if capabilities is not None and capabilities.elicitation is not None:
        requests["user_name"] = ASK_NAME
    return need("asked", **requests)


CONFIRM = elicit("Please confirm", "ok", "boolean")

ROUND_TOOLS: tuple[FixtureTool, ...] = (
    declare("test_input_required_result_elicitation", "Asks for a name", elicitation),
    declare(
        "test_streaming_elicitation",
        "Asks for a name and sends no request of its own on the stream",
        elicitation,
    ),
    declare(
        "test_input_required_result_sampling",
        "Asks the client's model",
        ask_until_answered(capital_question=sample("What is the capital of France?")),
    ),
    declare(
        "test_input_required_result_list_roots",
        "Asks for the client's roots",
        ask_until_answered(client_roots=ListRootsRequest()),
    ),
    declare(
        "test_input_required_result_request_state",
        "Asks for consent and wants its state back",
        ask_until_answered("asked", confirm=CONFIRM),
    ),
    declare(
        "test_input_required_result_tampered_state",
        "Asks for consent and trusts only its own state",
        ask_until_answered("asked", confirm=CONFIRM),
    ),
    declare(
        "test_input_required_result_multiple_inputs",
        "Asks for three things at once",
        ask_until_answered(
            "asked",
            user_name=ASK_NAME,
            greeting=sample("Generate a greeting"),
            client_roots=ListRootsRequest(),
        ),
    ),
    declare("test_input_required_result_multi_round", "Asks twice", multi_round),
    declare(
        "test_input_required_result_capabilities",
        "Asks only for what the client can do",
        ask_what_the_client_can,
    ),
)
