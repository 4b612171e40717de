"""Which access tokens were generated with which: revoking one does not revoke those made with it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from projections.token_queries import TokenLine


def still_active(tokens: Iterable[TokenLine], root: UUID, now: datetime) -> list[TokenLine]:
    """Return those active of an agent's tokens that come of one, in however many steps.

    Steps that are revoked by now count as well: else a thief would hide new tokens behind them.
    """
    made: dict[UUID, list[TokenLine]] = {}
    for token in tokens:
        if token.generated_with is not UNSET:
            made.setdefault(token.generated_with.id, []).append(token)
    found = made.pop(root, [])
    for token in found:  # which grows meanwhile
        found.extend(made.pop(token.id, ()))
    return [token for token in found if token.state(now) in {"active", "expiring"}]


def warning_of(masks: Iterable[str]) -> str:
    """Say that tokens live on which a revoked one had generated; nothing where there are none."""
    shown = [f"…{mask.rpartition('…')[2]}" for mask in masks]
    if not shown:
        return ""
    tokens, it = ("A token", "it") if len(shown) == 1 else (f"{len(shown)} tokens", "them")
    return (
        f"{tokens} generated with it can still be used: {', '.join(shown)}. "
        f"Revoke {it}, too, unless you know what for."
    )
