"""The form that sets the budget's terms: read from what was typed, and filled with what holds."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from api.rest.budget import BudgetChange
from domain.budget import MAX_CALLS_PER_SEAT, MAX_LIMIT
from domain.refusals import Code, Refused
from domain.standing import BudgetStanding

_DIGITS = re.compile(r"[0-9]{1,16}")
_APART = re.compile(r"[\s,.']")


def terms_in(form: Mapping[str, str]) -> BudgetChange:
    """Return what the form wants changed; refuse with `invalid_arguments` what is no number."""
    match form.get("kind"):
        case "seats":
            calls = _number(form, "calls_per_seat", MAX_CALLS_PER_SEAT)
            terms: dict[str, Any] = {"calls_per_seat": calls, "monthly_limit": None}
        case "fixed":
            terms = {"monthly_limit": _number(form, "monthly_limit", MAX_LIMIT)}
        case _:
            raise Refused(Code.INVALID_ARGUMENTS, "Choose how the limit is made.")
    return msgspec.convert(terms, BudgetChange)


def filled(standing: BudgetStanding) -> Mapping[str, str]:
    """Return the form that would set the terms as they are."""
    return {
        "kind": "fixed" if standing.fixed else "seats",
        "calls_per_seat": str(standing.calls_per_seat),
        "monthly_limit": str(standing.monthly_limit),
    }


def _number(form: Mapping[str, str], name: str, most: int) -> int:
    typed = _APART.sub("", form.get(name, ""))
    if _DIGITS.fullmatch(typed) and int(typed) <= most:
        return int(typed)
    raise Refused(Code.INVALID_ARGUMENTS, f"Write a whole number of calls, from 0 to {most:,}.")
