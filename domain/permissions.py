"""What an agent may do: each permission and scope declared once, and the built-in roles."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Self


class Scope(StrEnum):
    """What a credential may be used for, at most: each permission lies in one scope (RFC 6749 §3.3).

    The sentence is shown to people who generate a token or consent to an app.
    """

    sentence: str

    def __new__(cls, value: str, sentence: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    TICKETS_READ = "tickets:read", "Read tickets, agents and departments"
    TICKETS_WRITE = "tickets:write", "Act on tickets"
    ADMIN = "admin", "Manage the account and one's own credentials"


class Permission(StrEnum):
    """One thing a role may allow, named `resource:action`; the sentence is shown to people."""

    scope: Scope
    sentence: str

    def __new__(cls, value: str, scope: Scope, sentence: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.scope = scope
        member.sentence = sentence
        return member

    TICKETS_READ = "tickets:read", Scope.TICKETS_READ, "Read tickets and their messages"
    TICKETS_ALL_DEPARTMENTS = (
        "tickets:all_departments",
        Scope.TICKETS_READ,
        "See and act on tickets of all departments",
    )
    DIRECTORY_READ = "directory:read", Scope.TICKETS_READ, "List agents and departments"
    TAGS_ADD = "tags:add", Scope.TICKETS_WRITE, "Add tags to tickets"
    TAGS_REMOVE = "tags:remove", Scope.TICKETS_WRITE, "Remove tags from tickets"
    TICKETS_RESOLVE = "tickets:resolve", Scope.TICKETS_WRITE, "Resolve tickets"
    TICKETS_REOPEN = "tickets:reopen", Scope.TICKETS_WRITE, "Reopen resolved tickets"
    TICKETS_ASSIGN = "tickets:assign", Scope.TICKETS_WRITE, "Assign tickets to agents"
    TICKETS_TRANSFER = (
        "tickets:transfer",
        Scope.TICKETS_WRITE,
        "Move tickets to other departments",
    )
    TICKETS_WRITE = (
        "tickets:write",
        Scope.TICKETS_WRITE,
        "Open tickets, change their subject and priority, and write messages",
    )
    TOKENS_OWN = (
        "tokens:own",
        Scope.ADMIN,
        "Generate access tokens of one's own, and connect apps",
    )
    AGENTS_MANAGE = (
        "agents:manage",
        Scope.ADMIN,
        "Add and change agents, make them password links, end their access; never admins' or owners'",
    )
    ADMINS_MANAGE = (
        "admins:manage",
        Scope.ADMIN,
        "Add and change admins and owners, too; owners only",
    )
    ROLES_MANAGE = "roles:manage", Scope.ADMIN, "Make and change roles"
    DEPARTMENTS_MANAGE = "departments:manage", Scope.ADMIN, "Add and rename departments"
    SETTINGS_MANAGE = "settings:manage", Scope.ADMIN, "Change the account's settings and budget"
    AUDIT_READ = "audit:read", Scope.ADMIN, "Read the audit trail: every call and every fact"


class Role(StrEnum):
    """The built-in roles; others are made of permissions in `domain.role`."""

    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"


ALL = frozenset(Permission)
ALL_SCOPES = frozenset(Scope)
# What an access token is good for unless its agent says otherwise: every tool.
TOOL_SCOPES = frozenset({Scope.TICKETS_READ, Scope.TICKETS_WRITE})

_AGENTS = frozenset(
    permission
    for permission in Permission
    if permission.scope is not Scope.ADMIN and permission is not Permission.TICKETS_ALL_DEPARTMENTS
) | {Permission.TOKENS_OWN}
_BUILT_IN = {
    Role.OWNER: ALL,
    Role.ADMIN: ALL - {Permission.ADMINS_MANAGE},
    Role.AGENT: _AGENTS,
}
# What custom roles may be made of.
PRIVILEGES = ALL - {Permission.ADMINS_MANAGE}


def permissions_of(role: Role) -> frozenset[Permission]:
    """What a built-in role allows."""
    return _BUILT_IN[role]


def within(permissions: Iterable[Permission], scopes: Iterable[Scope]) -> frozenset[Permission]:
    """Return those permissions that lie in one of the scopes."""
    wanted = frozenset(scopes)
    return frozenset(permission for permission in permissions if permission.scope in wanted)
