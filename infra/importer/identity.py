"""The ids of what comes from GitHub issues: the same issue has the same id in every import."""

from uuid import UUID, uuid5

_GITHUB_ISSUES = UUID("6d1a0b4e-5c1f-5f6b-a3b8-1f0f0c9e7d35")


def ticket_id(number: int, nth: int = 1) -> UUID:
    """Return the id of an issue's ticket; `nth` tells apart those of one file with one number."""
    return _id("ticket", f"{number}" if nth == 1 else f"{number}/{nth}")


def agent_id(login: str) -> UUID:
    return _id("agent", login)


def contact_id(login: str) -> UUID:
    return _id("contact", login)


def department_id(name: str) -> UUID:
    return _id("department", name)


def message_id(ticket: UUID, place: int) -> UUID:
    """Return the id of a ticket's message by its place in the file; the issue itself is at 0."""
    return uuid5(ticket, str(place))


def _id(kind: str, word: str) -> UUID:
    return uuid5(_GITHUB_ISSUES, f"{kind}:{word}")
