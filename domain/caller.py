"""Who is asking: the attribution that is recorded, with the rights that hold right now."""

from datetime import datetime
from uuid import UUID

import msgspec

from domain.fact import Attribution, Client, Via
from domain.permissions import ALL, Permission
from domain.refusals import Code, Refused


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A credential and the agent behind it, as they stood under one authority number.

    `authority` and `expires_at` go with every append, which refuses what was decided too long ago.
    Callers inside the house (command line, import, system) have neither.
    """

    by: Attribution
    permissions: frozenset[Permission]
    departments: frozenset[UUID] = frozenset()
    authority: int | None = None
    expires_at: datetime | None = None

    @property
    def agent(self) -> UUID | None:
        """The agent acted for; none for callers inside the house."""
        return self.by.agent

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def sees(self, department: UUID) -> bool:
        """Whether tickets of this department exist for the caller."""
        return (
            Permission.TICKETS_ALL_DEPARTMENTS in self.permissions or department in self.departments
        )

    def require(self, permission: Permission) -> None:
        """Refuse with `permission_denied` unless the caller may."""
        if permission not in self.permissions:
            raise Refused(
                Code.PERMISSION_DENIED,
                f"Your role does not allow this ({permission.value}: {permission.sentence}). "
                "Ask an administrator, or go on without it.",
            )

    def through(self, client: Client | None, ip: str | None) -> "Caller":
        """Return the same caller as it speaks in this request."""
        return msgspec.structs.replace(
            self, by=msgspec.structs.replace(self.by, client=client, ip=ip)
        )


def insider(via: Via) -> Caller:
    """Make a caller inside the house: may do everything, is never charged."""
    return Caller(by=Attribution(via=via), permissions=ALL)
