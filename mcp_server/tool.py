"""A tool, declared once: everything that is said about it elsewhere derives from this."""

import inspect
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import mcp_types as types
import msgspec

from domain.caller import Caller
from domain.decider import Command
from domain.permissions import Permission
from mcp_server.schema import input_schema, output_outline
from projections.views import Views

Query = Callable[[Views, Caller, Any], Awaitable[tuple[msgspec.Struct, UUID | None]]]


class Hints(NamedTuple):
    """What a host may tell its user before running a tool. No defaults: each is thought about."""

    read_only: bool
    destructive: bool
    idempotent: bool


READS = Hints(read_only=True, destructive=False, idempotent=True)
ADDS = Hints(read_only=False, destructive=False, idempotent=True)
CHANGES = Hints(read_only=False, destructive=True, idempotent=True)


class Tool:
    """One tool. Its text is the input's docstring, its arguments' texts their `Meta`.

    A write tool's input is the command itself, so it has no query.
    """

    def __init__(
        self,
        name: str,
        title: str,
        *,
        input: type[msgspec.Struct],  # noqa: A002 - the specification's word
        output: type[msgspec.Struct],
        permission: Permission,
        hints: Hints,
        query: Query | None = None,
    ) -> None:
        self.name = name
        self.title = title
        self.input = input
        self.output = output
        self.permission = permission
        self.hints = hints
        self.query = query

    @property
    def writes(self) -> bool:
        return issubclass(self.input, Command)

    @cached_property
    def description(self) -> str:
        return inspect.cleandoc(self.input.__doc__ or "")

    @cached_property
    def declaration(self) -> types.Tool:
        """The tool as `tools/list` shows it."""
        return types.Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=input_schema(self.input),
            output_schema=output_outline(self.output),
            annotations=types.ToolAnnotations(
                read_only_hint=self.hints.read_only,
                destructive_hint=self.hints.destructive,
                idempotent_hint=self.hints.idempotent,
                open_world_hint=False,
            ),
        )
