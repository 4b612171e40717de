"""The groups that operations stand in, and the scope that each operation takes of a token."""

from typing import NamedTuple

from domain.permissions import Scope


class Group(NamedTuple):
    """What its operations have in common; a scope of None is any."""

    sentence: str
    reading: Scope | None = Scope.ADMIN
    changing: Scope | None = Scope.ADMIN


# In the order of the document.
GROUPS = {
    "tickets": Group(
        "Find, read, open and change tickets.", Scope.TICKETS_READ, Scope.TICKETS_WRITE
    ),
    "messages": Group(
        "What is written in a ticket, by customers and by agents.",
        Scope.TICKETS_READ,
        Scope.TICKETS_WRITE,
    ),
    "actions": Group(
        "What agents do with a ticket: the same six actions as the tools of MCP.",
        changing=Scope.TICKETS_WRITE,
    ),
    "agents": Group("Who works here.", Scope.TICKETS_READ),
    "roles": Group(
        "What agents may do: built-in roles, and those made of permissions.", Scope.TICKETS_READ
    ),
    "departments": Group("Where tickets and agents belong.", Scope.TICKETS_READ),
    "tokens": Group("Access tokens, for programs."),
    "sessions": Group("Where people are signed in with a browser."),
    "apps": Group("Apps that agents let in, to act in their names."),
    "clients": Group("OAuth clients: those registered here, and which others may come."),
    "session": Group("The credential in use.", reading=None),
    "budget": Group("The tool calls that all agents share, and their use."),
    "calls": Group("Every call, as it was recorded."),
    "system": Group("How the server, its database and its views stand."),
    "facts": Group("Everything that happened, as it was recorded."),
}
# Whoever has a credential may ask these.
OPEN = frozenset({"get_session", "get_budget", "list_permissions"})


def scope_of(operation: str, tag: str, *, changes: bool) -> Scope | None:
    """Return the scope that a token needs for an operation; its role must allow it as well."""
    group = GROUPS[tag]
    if operation in OPEN:
        return None
    return group.changing if changes else group.reading
