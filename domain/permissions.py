"""What an agent may do: each permission declared once with its sentence, and the built-in roles."""

from enum import StrEnum
from typing import Self


class Permission(StrEnum):
    """One thing a role may allow, named `resource:action`; the sentence is shown to people."""

    sentence: str

    def __new__(cls, value: str, sentence: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    TICKETS_READ = "tickets:read", "Read tickets and their messages"
    TICKETS_ALL_DEPARTMENTS = "tickets:all_departments", "See and act on tickets of all departments"
    DIRECTORY_READ = "directory:read", "List agents and departments"
    TAGS_ADD = "tags:add", "Add tags to tickets"
    TAGS_REMOVE = "tags:remove", "Remove tags from tickets"
    TICKETS_RESOLVE = "tickets:resolve", "Resolve tickets"
    TICKETS_REOPEN = "tickets:reopen", "Reopen resolved tickets"
    TICKETS_ASSIGN = "tickets:assign", "Assign tickets to agents"
    TICKETS_TRANSFER = "tickets:transfer", "Move tickets to other departments"
    TICKETS_WRITE = "tickets:write", "Open tickets and write messages"
    DIRECTORY_MANAGE = "directory:manage", "Add and change agents and departments"
    TOKENS_OWN = "tokens:own", "Generate and revoke one's own access tokens"
    TOKENS_ANY = "tokens:any", "Revoke any agent's access tokens"


class Role(StrEnum):
    """The built-in roles."""

    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"


_FOR_ADMINS = frozenset(
    {Permission.TICKETS_ALL_DEPARTMENTS, Permission.DIRECTORY_MANAGE, Permission.TOKENS_ANY}
)
ALL = frozenset(Permission)


def permissions_of(role: Role) -> frozenset[Permission]:
    """What a built-in role allows."""
    return ALL - _FOR_ADMINS if role is Role.AGENT else ALL
