"""Refusals: the answers that say no, each code declared once with what it means."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from domain.ledger import BudgetLine


class Code(StrEnum):
    """Why an action was refused. The value is the wire form in every transport."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    INVALID_ARGUMENTS = "invalid_arguments", "An argument is missing, unknown or out of range."
    NOT_FOUND = "not_found", "No such thing, or not one this agent may see."
    PERMISSION_DENIED = "permission_denied", "The agent's role or credential does not allow this."
    INVALID_TRANSITION = "invalid_transition", "The ticket's status does not allow this step."
    AGENT_UNAVAILABLE = "agent_unavailable", "The agent is inactive or not in the department."
    LIMIT_REACHED = "limit_reached", "A fixed limit would be exceeded."
    ALREADY_EXISTS = "already_exists", "The name or address is taken."
    BUDGET_EXHAUSTED = "budget_exhausted", "The account's tool calls for this month are used up."
    IDEMPOTENCY_CONFLICT = "idempotency_conflict", "The key was used with other arguments."
    PRECONDITION_FAILED = "precondition_failed", "It is not at the version that was expected."
    CONFLICT = "conflict", "Others kept changing the same thing; nothing was done."


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """An answer that says no: a code for programs, a sentence that tells what to do next.

    `plain` is the sentence for people, who have a page before them: without the `hint` that names
    tools and arguments.
    `details` are facts a program may use, such as `resets_at`; never secrets, never foreign text.
    `budget` is how the budget stood when a call's refusal was recorded; None until it was.
    """

    budget: BudgetLine | None = None

    def __init__(
        self, code: Code, plain: str, details: Mapping[str, Any] | None = None, hint: str = ""
    ) -> None:
        self.code = code
        self.plain = plain
        self.sentence = f"{plain} {hint}" if hint else plain
        super().__init__(self.sentence)
        self.details: Mapping[str, Any] = details or {}

    def with_budget(self, line: BudgetLine) -> Self:
        """Return the same refusal, which now tells how the budget stands after it."""
        self.budget = line
        return self
