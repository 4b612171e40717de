"""The groups that operations stand in, and the scopes of which each operation takes one of a token."""

from typing import NamedTuple

from domain.permissions import Scope


class Group(NamedTuple):
    """What its operations have in common; each takes one of the scopes, or any token for none."""

    sentence: str
    reading: tuple[Scope, ...] = (Scope.ADMIN,)
    changing: Scope = Scope.ADMIN


# Who manages something lists it, too.
_DIRECTORY = (Scope.TICKETS_READ, Scope.ADMIN)
# In the order of the document.
GROUPS = {
    "tickets": Group(
        "Find, read, open and change tickets.", (Scope.TICKETS_READ,), Scope.TICKETS_WRITE
    ),
    "messages": Group(
        "What is written in a ticket, by customers and by agents.",
        (Scope.TICKETS_READ,),
        Scope.TICKETS_WRITE,
    ),
    "actions": Group(
        "What agents do with a ticket: the same six actions as the tools of MCP.",
        changing=Scope.TICKETS_WRITE,
    ),
    "agents": Group("Who works here.", _DIRECTORY),
    "roles": Group(
        "What agents may do: built-in roles, and those made of permissions.", _DIRECTORY
    ),
    "departments": Group("Where tickets and agents belong.", _DIRECTORY),
    "tokens": Group("Access tokens, for programs."),
    "sessions": Group("Where people are signed in with a browser."),
    "apps": Group("Apps that agents let in, to act in their names."),
    "clients": Group("OAuth clients: those registered here, and which others may come."),
    "session": Group("The credential in use.", reading=()),
    "budget": Group("The tool calls that all agents share, and their use."),
    "calls": Group("Every call, as it was recorded."),
    "system": Group("How the server, its database and its views stand."),
    "facts": Group("Everything that happened, as it was recorded."),
}
# Whoever has a credential may ask these.
OPEN = frozenset({"get_session", "get_budget", "list_permissions"})


def scopes_of(operation: str, tag: str, *, changes: bool) -> tuple[Scope, ...]:
    """Return the scopes of which a token needs one for an operation, or none.

    Its role must allow it as well.
    """
    group = GROUPS[tag]
    if operation in OPEN:
        return ()
    return (group.changing,) if changes else group.reading
