"""Refusals as pages tell them: without the tools and requests that programs are told of."""

import re
from collections.abc import Mapping

from domain.permissions import Permission
from domain.refusals import Code, Refused

# Names of tools and arguments have an underscore; ways of the REST API begin with its path.
_FOR_PROGRAMS = re.compile(r"[a-z]+_[a-z_]+|/api/|Idempotency-Key|\bcursor\b|\bits id\b")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ADVICE: Mapping[Code, str] = {
    Code.NOT_FOUND: "Look at the list again, and choose from it.",
    Code.AGENT_UNAVAILABLE: "Choose somebody else from the list.",
    Code.LIMIT_REACHED: "Take something away first.",
    Code.INVALID_ARGUMENTS: "Go back to the first page, and try from there.",
    Code.PRECONDITION_FAILED: "Look at it as it is now, then decide whether you still want this.",
}


def told(refused: Refused) -> str:
    """Say to people why something was refused, and what they can do on a page about it."""
    if refused.code is Code.INVALID_TRANSITION and "status_name" in refused.details:
        return (
            f"This ticket is {refused.details['status_name']} now, so that cannot be done with it."
        )
    if refused.code is Code.PERMISSION_DENIED and set(refused.details) == {"permission"}:
        what = Permission(refused.details["permission"]).sentence
        return (
            f"Your role does not allow you to {what[:1].lower()}{what[1:]}. "
            "Ask an administrator for a role that does."
        )
    sentences = _SENTENCE.split(refused.sentence)
    kept = [one for one in sentences if not _FOR_PROGRAMS.search(one)]
    if len(kept) < len(sentences):
        kept += [_ADVICE.get(refused.code, "Try it from the page again.")]
    return " ".join(kept)
