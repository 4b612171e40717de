"""Answers that show a secret, this once: they take neither If-Match nor an Idempotency-Key."""

from typing import Any

from litestar import Request

from domain.refusals import Code, Refused


def refuse_conditions(request: Request[Any, Any, Any], what: str, remedy: str) -> None:
    """Refuse the conditions of a change: a new thing has no version, and a secret is not kept.

    `remedy` is what to do, should the answer get lost.
    """
    if "if-match" in request.headers:
        raise Refused(
            Code.INVALID_ARGUMENTS, f"This takes no If-Match: a new {what} has no version yet."
        )
    if "idempotency-key" in request.headers:
        raise Refused(
            Code.INVALID_ARGUMENTS,
            "This takes no Idempotency-Key: an answer that shows a secret is not kept. "
            f"Should it get lost, {remedy}.",
        )
