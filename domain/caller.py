"""Who is asking: the attribution that is recorded, with the rights that hold right now."""

from datetime import datetime
from uuid import UUID

import msgspec

from domain.fact import Attribution, Client, Via
from domain.permissions import ALL, ALL_SCOPES, Permission, Scope
from domain.refusals import Code, Refused


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A credential and the agent behind it, as they stood under one authority number.

    `granted` is what the role allows, `permissions` what of it lies in the credential's scopes.
    `authority` and `expires_at` go with every append, which refuses what was decided too long ago.
    Callers inside the house (command line, import, system) have neither.
    """

    by: Attribution
    permissions: frozenset[Permission]
    granted: frozenset[Permission] = frozenset()
    scopes: frozenset[Scope] = ALL_SCOPES
    departments: frozenset[UUID] = frozenset()
    authority: int | None = None
    expires_at: datetime | None = None
    inside: bool = False

    @property
    def agent(self) -> UUID | None:
        """The agent acted for; none for callers inside the house."""
        return self.by.agent

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def may_list(self, managed: Permission) -> bool:
        """Whether the caller may list what this permission manages: who manages it must see it."""
        return self.may(Permission.DIRECTORY_READ) or self.may(managed)

    def sees(self, department: UUID) -> bool:
        """Whether tickets of this department exist for the caller."""
        return (
            Permission.TICKETS_ALL_DEPARTMENTS in self.permissions or department in self.departments
        )

    def require(self, permission: Permission | None) -> None:
        """Refuse with `permission_denied` unless the caller may; None takes no permission."""
        if permission is None or permission in self.permissions:
            return
        if permission in self.granted:
            raise Refused(
                Code.PERMISSION_DENIED,
                f"This credential is limited: it lacks the scope {permission.scope.value} "
                f"({permission.scope.sentence}). Use another one, or go on without it.",
                {"permission": permission.value, "scope": permission.scope.value},
            )
        what = permission.sentence
        raise Refused(
            Code.PERMISSION_DENIED,
            f"Your role does not allow you to {what[:1].lower()}{what[1:]}.",
            {"permission": permission.value},
            hint=f"It takes {permission.value}. Ask an administrator, or go on without it.",
        )

    def require_inside(self) -> None:
        """Refuse with `permission_denied` any credential: this is the house's own to do."""
        if not self.inside:
            raise Refused(Code.PERMISSION_DENIED, "No credential allows this.")

    def require_scope(self, scope: Scope) -> None:
        """Refuse with `permission_denied` a credential that was not made for this."""
        if scope not in self.scopes:
            raise Refused(
                Code.PERMISSION_DENIED,
                f"This credential is limited: it lacks the scope {scope.value} "
                f"({scope.sentence}). Use another one, or go on without it.",
                {"scope": scope.value},
            )

    def require_grant(self, permissions: frozenset[Permission]) -> None:
        """Refuse with `permission_denied` to give others what the caller's own role lacks."""
        if lacking := sorted(permissions - self.granted):
            raise Refused(
                Code.PERMISSION_DENIED,
                "You can give others only what your own role allows, which lacks "
                f"{', '.join(lacking)}.",
                {"permission": lacking[0]},
            )

    def through(self, client: Client | None, ip: str | None, via: Via | None = None) -> "Caller":
        """Return the same caller as it speaks in this request.

        An app keeps the name that its agent consented to, whatever it calls itself; only its
        version is its own word.
        """
        if self.by.client and self.by.client.id:
            version = client.version if client else None
            client = msgspec.structs.replace(self.by.client, version=version)
        by = msgspec.structs.replace(self.by, client=client, ip=ip, via=via or self.by.via)
        return msgspec.structs.replace(self, by=by)


def insider(via: Via) -> Caller:
    """Make a caller inside the house: may do everything, is never charged."""
    return on_behalf(Attribution(via=via))


def on_behalf(by: Attribution) -> Caller:
    """Make a caller inside the house that does what somebody else is recorded for."""
    return Caller(by=by, permissions=ALL, granted=ALL, inside=True)
