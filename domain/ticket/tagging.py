"""Which of some tags are new to a ticket, and which it has: case and spacing do not matter."""

from collections.abc import Iterable

from domain.refusals import Code, Refused
from domain.spelling import spelled
from domain.ticket.words import MAX_TAG_LENGTH, MAX_TAGS


def new_tags(have: tuple[str, ...], wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the wanted tags that are new, each once, as first spelled.

    Refuses with `invalid_arguments` what is no tag, and with `limit_reached` too many.
    """
    seen = {tag.casefold() for tag in have}
    new: list[str] = []
    for tag in map(spelled, wanted):
        if not tag or len(tag) > MAX_TAG_LENGTH:
            raise Refused(
                Code.INVALID_ARGUMENTS,
                f"A tag has 1 to {MAX_TAG_LENGTH} characters besides spaces around it.",
            )
        if tag.casefold() not in seen:
            seen.add(tag.casefold())
            new.append(tag)
    if len(have) + len(new) > MAX_TAGS:
        raise Refused(
            Code.LIMIT_REACHED,
            f"A ticket has at most {MAX_TAGS} tags; this one has {len(have)}.",
            {"limit": MAX_TAGS, "tags": len(have)},
            hint="Remove some with remove_tags first.",
        )
    return tuple(new)


def held_tags(have: tuple[str, ...], unwanted: Iterable[str]) -> tuple[str, ...]:
    """Return those of a ticket's tags that are unwanted, as the ticket spells them."""
    names = {spelled(tag).casefold() for tag in unwanted}
    return tuple(tag for tag in have if tag.casefold() in names)
