"""Refusals as pages tell them: with what people can do about them on a page, not by a tool."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from api.problems import status_of
from domain.refusals import Code, Refused

T = TypeVar("T")

_ADVICE: Mapping[Code, str] = {
    Code.NOT_FOUND: "Look at the list again, and choose from it.",
    Code.PERMISSION_DENIED: "Ask an administrator for a role that does.",
    Code.AGENT_UNAVAILABLE: "Choose somebody else from the list.",
    Code.LIMIT_REACHED: "Take something away first.",
    Code.INVALID_ARGUMENTS: "Go back to the first page, and try from there.",
}


async def tried(find: Callable[[], Awaitable[T]]) -> tuple[T | None, str, int]:
    """Return what is found, or None and why it is refused; and the status of a page that shows so."""
    try:
        return await find(), "", 200
    except Refused as refused:
        return None, explained(refused), status_of(refused)


def explained(refused: Refused) -> str:
    """Say to people why something was refused, and what they can do on a page about it."""
    if refused.code is Code.INVALID_TRANSITION and "status_name" in refused.details:
        return (
            f"This ticket is {refused.details['status_name']} now, so that cannot be done with it."
        )
    if refused.plain == refused.sentence:
        return refused.plain
    return f"{refused.plain} {_ADVICE.get(refused.code, 'Try it from the page again.')}"
