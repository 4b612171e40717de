"""What an endpoint works with: who asks, under which conditions, and what came of it."""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast
from uuid import UUID

import msgspec
from litestar import Response

from api.services import Services
from domain.application import Done, Wish
from domain.authentication import Bearer
from domain.caller import Caller
from domain.permissions import Permission
from domain.proposal import ToolCall
from domain.refusals import Code, Refused
from mcp_server.arguments import hear

T = TypeVar("T", bound=msgspec.Struct)
Wishes = Sequence[Wish] | Callable[[], Awaitable[Sequence[Wish]]]


class Conditions(NamedTuple):
    """What a request demands of a change: to be done once (`key`), of this `version` only."""

    key: str | None = None
    version: int | None = None


class Outcome(NamedTuple, Generic[T]):
    """What came of a change: the answer with the version afterwards, 0 for a replay."""

    answer: T
    version: int
    replayed: bool
    views_behind: bool

    def response(self, status: int = 200, location: str = "") -> Response[T]:
        """Write it with what a client may want to know besides."""
        return Response(self.answer, status_code=status, headers=self._headers(location))

    def bare(self) -> Response[None]:
        """Write that alone, where what was asked for leaves nothing to show."""
        return Response(None, status_code=204, headers=self._headers())

    def _headers(self, location: str = "") -> dict[str, str]:
        headers: dict[str, str] = {}
        if self.version:
            headers["ETag"] = etag(self.version)
        if location:
            headers["Location"] = location
        if self.replayed:
            headers["Idempotency-Replayed"] = "true"
        if self.views_behind:
            headers["Views-Behind"] = "true"
        return headers


class Acting:
    """One request of somebody who may ask."""

    def __init__(self, identity: Bearer, services: Services) -> None:
        self.identity = identity
        self.services = services

    @property
    def caller(self) -> Caller:
        return self.identity.caller

    @property
    def agent(self) -> UUID:
        """Whom the credential stands for."""
        if self.caller.agent is None:
            raise TypeError("a bearer stands for an agent")
        return self.caller.agent

    def reading(self, permission: Permission | None = None) -> Caller:
        """Return the caller, who was confirmed when let in, for an answer that appends nothing.

        Refuses with `permission_denied` without the permission.
        """
        self.caller.require(permission)
        return self.caller

    def listing(self, managed: Permission) -> Caller:
        """Return the caller as `reading` does; refuses who may not list what `managed` manages."""
        return (
            self.caller
            if self.caller.may_list(managed)
            else self.reading(Permission.DIRECTORY_READ)
        )

    async def act(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        wishes: Wishes,
        make: Callable[[Done], T],
        output: type[T],
        *,
        conditions: Conditions | None = None,
        texts: Collection[str] = (),
    ) -> Outcome[T]:
        """Carry out commands for one stream, recorded as a call that costs nothing.

        `operation` is recorded as the tool; `arguments` are what the client asked, without secrets.
        Of those that are named as `texts`, whose words stand in a fact already, digests are
        recorded. Wishes may be made by a function, whose refusal is recorded as well.
        """
        services = self.services
        heard = hear(arguments)
        recorded = hear(_digested(arguments, texts)).recorded if texts else heard.recorded
        call = ToolCall(services.new_id(), operation, recorded, units=0)
        try:
            wanted = await _made(wishes, heard.fault)
        except Refused as refusal:
            await services.helpdesk.refuse(self.identity, call, refusal)

        def answered(done: Done) -> Mapping[str, Any]:
            return cast("dict[str, Any]", msgspec.to_builtins(make(done)))

        settled = await services.helpdesk.act(
            self.identity,
            call,
            wanted,
            conditions.key if conditions else None,
            answered,
            expected_version=conditions.version if conditions else None,
        )
        done = cast("Done", settled.answer)
        behind = not await services.progress.reached(settled.position)
        marks = {"replayed": done.replayed, "views_behind": behind}
        flags = {
            name: True for name, so in marks.items() if so and name in output.__struct_fields__
        }
        answer = msgspec.convert({**done.answer, **flags}, output)
        return Outcome(answer, done.version, done.replayed, behind)


async def _made(wishes: Wishes, fault: str | None) -> Sequence[Wish]:
    if fault:
        raise Refused(Code.INVALID_ARGUMENTS, f"The request cannot be taken: {fault}.")
    return await wishes() if callable(wishes) else wishes


def _digested(arguments: Mapping[str, Any], texts: Collection[str]) -> dict[str, Any]:
    """Return arguments with the digests of texts in their place; what cannot be written has none."""

    def written(name: str, value: Any) -> Any:
        if name not in texts or not isinstance(value, str):
            return value
        digest = hashlib.sha256(value.encode(errors="replace")).hexdigest()
        return {"characters": len(value), "sha256": digest}

    return {name: written(name, value) for name, value in arguments.items()}


def etag(version: int) -> str:
    """Return a version of something as an entity tag (RFC 9110 §8.8.3)."""
    return f'"v{version}"'
