"""Admin's forms: read strictly, carried out once though sent twice, refused in plain words."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from api.pages.form import Form, field_of, key_of, version_in
from api.pages.wording import explained
from api.rest.acting import Conditions
from domain.refusals import Code, Refused

T = TypeVar("T", bound=msgspec.Struct)
# What is wrong with a field, and what belongs into it.
_SENTENCES = {
    "name": "Write a name.",
    "email": "This is no e-mail address. Write one like ana@example.com.",
    "role": "Choose a role from the list.",
    "department_ids": "Choose departments from the list.",
    "permissions": "Choose permissions from the list.",
}
_TOO_LONG = re.compile(r"`str` of length <= (\d+)")
# Refusals that no page can be shown with: there is nothing to look at, or one may not.
_PAGELESS = {Code.NOT_FOUND, Code.PERMISSION_DENIED}


def fitted(given: Mapping[str, Any], kind: type[T]) -> T:
    """Return what a form asks; refuse with `invalid_arguments` what none of its fields offers."""
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        field = field_of(error)
        sentence = _SENTENCES.get(field, "Fill the form in again.")
        if field == "name" and (most := _TOO_LONG.search(str(error))):
            sentence = f"A name has at most {most.group(1)} characters."
        raise Refused(Code.INVALID_ARGUMENTS, sentence) from None


def once(form: Form, wish: msgspec.Struct) -> Conditions:
    """Return the conditions under which a form that is sent twice is carried out once."""
    return Conditions(key_of(form, wish))


def as_seen(form: Form) -> Conditions:
    """Return the conditions under which a form changes only the version that it was filled in from."""
    return Conditions(version=version_in(form))


def sentence_of(refused: Refused, what: str) -> str:
    """Return why it was refused, for a page that shows what was typed again."""
    if refused.code is Code.PRECONDITION_FAILED:
        return (
            f"Somebody else changed this {what} while you had it open, so nothing was saved. "
            "Below is what you typed, and beside it what is so now. Save again if you still want it."
        )
    return explained(refused)


def reason_against(check: Callable[[], None]) -> str:
    """Return why a rule refuses; empty where it lets one."""
    try:
        check()
    except Refused as refused:
        return refused.sentence
    return ""


def pageless(refused: Refused) -> bool:
    return refused.code in _PAGELESS
