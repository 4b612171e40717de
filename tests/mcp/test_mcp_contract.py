"""What holds for every tool, whichever they are: a new one is covered unasked."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, cast

import jsonschema
import msgspec
import pytest

from domain.application import Insider, Wish
from domain.budget import SetLimit
from domain.caller import insider
from domain.permissions import ALL, Permission
from domain.refusals import Code, Refused
from mcp_server.dispatch import Answer
from mcp_server.tool import Tool
from mcp_server.tools import TOOLS
from tests.mcp import snapshots
from tests.mcp.company import BILLING, Company, Ticket
from tests.mcp.records import Log
from tests.mcp.serving import Served

EVERYBODY = insider("system")
EVERY = pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
WRITES = [tool for tool in TOOLS.values() if tool.writes]
EVERY_WRITE = pytest.mark.parametrize("tool", WRITES, ids=lambda tool: tool.name)


class World(NamedTuple):
    product: Served
    company: Company
    ticket: Ticket

    def arguments(self, tool: Tool) -> dict[str, Any]:
        """Return arguments under which a tool does something, on a ticket of the test's own."""
        by_field: dict[str, Any] = {
            "ticket_id": self.ticket.code,
            "tags": ["contract"],
            "agent_id": str(self.company.members["Ana"].id),
            "department_id": str(self.company.departments[BILLING]),
        }
        required = tool.declaration.input_schema.get("required", ())
        return {field: by_field[field] for field in required}

    def prepare(self, tool: Tool) -> None:
        """Bring the ticket where the tool has something to do."""
        if tool.name == "reopen_ticket":
            self.call(TOOLS["resolve_ticket"])
        if tool.name == "remove_tags":
            self.call(TOOLS["add_tags"])

    def call(self, tool: Tool, permissions: frozenset[Permission] = ALL, **more: Any) -> Answer:
        caller = msgspec.structs.replace(EVERYBODY, permissions=permissions, granted=permissions)
        made = self.product.desk.dispatcher.call(
            Insider(caller), tool.name, {**self.arguments(tool), **more}
        )
        return self.product.run(made)

    def refused(self, tool: Tool, permissions: frozenset[Permission] = ALL, **more: Any) -> Refused:
        with pytest.raises(Refused) as refused:
            self.call(tool, permissions, **more)
        return refused.value


@pytest.fixture
def world(product: Served, company: Company, fresh: Callable[..., Ticket]) -> World:
    return World(product, company, fresh())


@pytest.fixture
def no_budget(product: Served, log: Log) -> Iterator[None]:
    product.run(product.desk.execute(Wish(SetLimit(limit=log.used()))))
    yield
    product.run(product.desk.execute(Wish(SetLimit(limit=None))))


def schemas_in(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and all that are nested in it."""
    yield schema
    for name, value in schema.items():
        if name == "properties":
            for part in value.values():
                yield from schemas_in(part)
        elif isinstance(value, dict):
            yield from schemas_in(cast("dict[str, Any]", value))
        elif isinstance(value, list):
            for item in cast("list[object]", value):
                if isinstance(item, dict):
                    yield from schemas_in(cast("dict[str, Any]", item))


@EVERY
def test_a_tool_is_named_as_every_host_takes_it(tool: Tool) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{2,31}", tool.name)
    assert TOOLS[tool.name] is tool
    assert tool.title


@EVERY
def test_a_description_helps_and_is_short(tool: Tool) -> None:
    assert 20 <= len(tool.description) <= 1_024
    assert tool.description[0].isupper()
    assert tool.description.endswith(".")


@EVERY
def test_schemas_are_plain_enough_for_every_host(tool: Tool) -> None:
    declared = snapshots.declared(tool.name)
    for root in (declared["inputSchema"], declared["outputSchema"]):
        jsonschema.Draft202012Validator.check_schema(root)
        assert root["type"] == "object"
        for schema in schemas_in(root):
            assert {"$ref", "$defs", "anyOf", "allOf", "oneOf", "prefixItems"}.isdisjoint(schema)
            assert isinstance(schema["type"], str)


@EVERY
def test_every_argument_is_described(tool: Tool) -> None:
    schema = tool.declaration.input_schema
    assert schema["additionalProperties"] is False
    for name, argument in schema["properties"].items():
        assert len(argument.get("description", "")) > 5, f"{name} of {tool.name} needs words"
    assert set(schema["required"]) <= set(schema["properties"])


@EVERY
def test_hints_say_what_a_tool_may_do(tool: Tool) -> None:
    hints = tool.declaration.annotations
    assert hints is not None
    assert hints.open_world_hint is False
    assert hints.read_only_hint is not tool.writes
    assert hints.idempotent_hint is not None
    assert hints.destructive_hint is not None
    assert not (hints.read_only_hint and hints.destructive_hint)


@EVERY
def test_what_clients_are_told_changes_only_on_purpose(tool: Tool) -> None:
    told = f"if this is meant: {snapshots.COMMAND}"
    assert snapshots.declared(tool.name) == snapshots.kept(tool.name), told


def test_no_snapshot_is_of_a_tool_that_is_gone() -> None:
    assert {file.stem for file in snapshots.FOLDER.iterdir()} == set(TOOLS)


@EVERY
def test_an_answer_is_as_its_schema_says(world: World, tool: Tool) -> None:
    world.prepare(tool)
    schema = tool.declaration.output_schema
    assert schema
    content = msgspec.json.decode(msgspec.json.encode(world.call(tool).content))
    jsonschema.validate(content, {**schema, "required": list(schema["properties"])})
    msgspec.convert(content, tool.output)


@EVERY
def test_an_unknown_argument_is_refused(world: World, tool: Tool, log: Log) -> None:
    with log.watched() as watched:
        refusal = world.refused(tool, surprise=1)
    assert refusal.code is Code.INVALID_ARGUMENTS
    assert "surprise" in refusal.sentence
    assert (watched.call.fact.outcome, watched.facts) == ("invalid_arguments", [])


@EVERY
def test_who_lacks_the_permission_is_refused(world: World, tool: Tool, log: Log) -> None:
    with log.watched() as watched:
        refusal = world.refused(tool, ALL - {tool.permission})
    assert refusal.code is Code.PERMISSION_DENIED
    assert tool.permission.value in refusal.sentence
    assert tool.permission.sentence[1:] in refusal.sentence
    assert (watched.call.fact.outcome, watched.facts) == ("permission_denied", [])
    assert watched.charged == 0


@EVERY
def test_without_budget_nothing_is_done(
    world: World, tool: Tool, log: Log, request: pytest.FixtureRequest
) -> None:
    world.prepare(tool)
    request.getfixturevalue("no_budget")
    with log.watched() as watched:
        refusal = world.refused(tool)
    assert refusal.code is Code.BUDGET_EXHAUSTED
    assert set(refusal.details) == {"limit", "used", "resets_at"}
    assert (watched.call.fact.outcome, watched.facts) == ("budget_exhausted", [])
    assert watched.charged == 0


@EVERY
def test_a_tool_that_only_reads_leaves_only_its_call(world: World, tool: Tool, log: Log) -> None:
    world.prepare(tool)
    with log.watched() as watched:
        world.call(tool)
    assert (watched.call.fact.tool, watched.call.fact.units) == (tool.name, 1)
    assert bool(watched.facts) is tool.writes


@EVERY_WRITE
def test_doing_it_again_does_nothing_more(world: World, tool: Tool, log: Log) -> None:
    assert tool.hints.idempotent
    world.prepare(tool)
    assert world.call(tool).content["changed"] is True
    with log.watched() as watched, suppress(Refused):
        assert world.call(tool).content["changed"] is False
    assert watched.call.fact.outcome in {"ok", "invalid_transition"}
    assert watched.facts == []


@EVERY_WRITE
def test_a_retry_under_a_key_is_answered_alike(world: World, tool: Tool, log: Log) -> None:
    world.prepare(tool)
    key = f"{tool.name} {world.ticket.code}"
    first = world.call(tool, idempotency_key=key)
    with log.watched() as watched:
        again = world.call(tool, idempotency_key=key)
    assert again.content == {**first.content, "replayed": True}
    assert (watched.call.fact.outcome, watched.facts) == ("replayed", [])
    assert (again.budget, watched.charged) == (first.budget, 0)


@EVERY_WRITE
def test_a_tool_that_only_adds_is_not_called_destructive(tool: Tool) -> None:
    assert tool.hints.destructive is (tool.name != "add_tags")
