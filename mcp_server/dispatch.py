"""From a tool's name and raw arguments to an answer that is committed, shown and within limits."""

import logging
from collections.abc import Awaitable, Mapping
from typing import Any, NamedTuple, Protocol, cast
from uuid import UUID

import msgspec

from domain import call as calls
from domain.application import Done, Helpdesk, Identity, ToolCall, Unauthorized, Wish
from domain.caller import Caller
from domain.decider import Command
from domain.ledger import BudgetLine, Unavailable
from domain.refusals import Code, Refused
from mcp_server.arguments import hear, storable
from mcp_server.outcome import outcome_of
from mcp_server.tool import Tool
from projections.views import Views

VIEWS_SECONDS = 2.0

log = logging.getLogger(__name__)


class Progress(Protocol):
    """How far the views are, on this worker or any other."""

    async def reached(self, position: int, timeout: float = VIEWS_SECONDS) -> bool: ...  # noqa: ASYNC109 - it answers False rather than raise


class UnknownTool(Exception):  # noqa: N818 - the specification makes it a protocol error
    """No tool has this name."""


class Answer(NamedTuple):
    """A tool's answer as plain data, with the budget after it."""

    content: Mapping[str, Any]
    budget: BudgetLine


class Dispatcher:
    """Runs the tools of one account. Every call that reaches it is recorded, whatever it comes to."""

    def __init__(
        self, tools: Mapping[str, Tool], helpdesk: Helpdesk, views: Views, progress: Progress
    ) -> None:
        self.tools = tools
        self._helpdesk = helpdesk
        self._views = views
        self._progress = progress

    async def call(self, identity: Identity, name: str, arguments: Mapping[str, Any]) -> Answer:
        """Run one tool.

        Raises `Refused`, `UnknownTool`, `Unauthorized` (the credential died on the way) and
        `Unavailable`; all but the last two are recorded before they are raised.
        """
        heard = hear(arguments)
        call = ToolCall(self._helpdesk.new_id(), storable(name[:64]), heard.recorded)
        tool = self.tools.get(name)
        if tool is None:
            await self._refuse_unknown(identity, call)
            raise UnknownTool
        try:
            identity.caller.require_scope(tool.permission.scope)
        except Refused as refusal:
            # Its list does not show this tool, so nothing is said of the arguments either.
            await self._helpdesk.refuse(identity, call, refusal)
        if heard.fault:
            await self._helpdesk.refuse(identity, call, _misfit(tool, heard.fault))
        try:
            wanted = msgspec.convert(arguments, tool.input, strict=False)
        except msgspec.ValidationError as error:
            await self._helpdesk.refuse(identity, call, _misfit(tool, str(error)))
        try:
            if isinstance(wanted, Command):
                return await self._write(identity, call, wanted)
            return await self._read(identity, call, tool, wanted)
        except (Refused, Unauthorized, Unavailable):
            raise
        except Exception:
            log.exception("%s failed in call %s", tool.name, call.id)
            await self._record_failure(identity, call)
            raise

    async def _read(
        self, identity: Identity, call: ToolCall, tool: Tool, wanted: msgspec.Struct
    ) -> Answer:
        if tool.query is None:
            raise TypeError(f"{tool.name} neither reads nor writes")
        query = tool.query

        def permitted(caller: Caller) -> Awaitable[tuple[msgspec.Struct, UUID | None]]:
            caller.require(tool.permission)
            return query(self._views, caller, wanted)

        settled = await self._helpdesk.read(identity, call, permitted)
        return Answer(msgspec.to_builtins(settled.answer), settled.budget)

    async def _write(self, identity: Identity, call: ToolCall, command: Command) -> Answer:
        key: str | msgspec.UnsetType = getattr(command, "idempotency_key", msgspec.UNSET)
        settled = await self._helpdesk.act(
            identity, call, [Wish(command)], None if key is msgspec.UNSET else key, outcome_of
        )
        done = cast("Done", settled.answer)
        content = dict(done.answer)
        if done.replayed:
            content["replayed"] = True
        if not await self._progress.reached(settled.position):
            content["views_behind"] = True
        return Answer(content, settled.budget)

    async def _refuse_unknown(self, identity: Identity, call: ToolCall) -> None:
        refusal = Refused(Code.INVALID_ARGUMENTS, "There is no such tool.")
        try:
            await self._helpdesk.refuse(identity, call, refusal, calls.UNKNOWN_TOOL)
        except Refused:
            return

    async def _record_failure(self, identity: Identity, call: ToolCall) -> None:
        refusal = Refused(Code.CONFLICT, "It failed.")
        try:
            await self._helpdesk.refuse(identity, call, refusal, calls.FAILED)
        except (Refused, Unauthorized, Unavailable):
            return


def _misfit(tool: Tool, reason: str) -> Refused:
    # msgspec's text names our own fields and types, and at most an unknown field of the caller's.
    reason = reason.replace("`", "'")[:300]
    return Refused(
        Code.INVALID_ARGUMENTS,
        f"{tool.name} cannot take these arguments: {reason}. "
        "Compare them with the tool's input schema and call it again.",
    )
