"""How far managing reaches: whose account one may change, and what one may give to others."""

from collections.abc import Iterable
from uuid import UUID

from domain.decider import Context, On, Ref
from domain.permissions import Permission, Scope, within
from domain.permissions import Role as BuiltIn
from domain.refusals import Code, Refused
from domain.role import HeldRole, HoldersCounted, RoleRef, counted, ranks_above_agents, rights_of


def require_reach(role: RoleRef, context: Context) -> None:
    """Refuse with `permission_denied` unless the caller may change accounts of this role.

    Those of admins and owners take `admins:manage`; those of a role that people made, a role of
    one's own that manages no less. Else a small manager would have a mightier one's access.
    """
    caller = context.caller
    if ranks_above_agents(role):
        caller.require(Permission.ADMINS_MANAGE)
    managing = within(rights_in(role, context).permissions, {Scope.ADMIN}) - {Permission.TOKENS_OWN}
    if Permission.ADMINS_MANAGE not in caller.granted and managing - caller.granted:
        raise Refused(
            Code.PERMISSION_DENIED,
            "The agent's role manages more than yours does, so the account is not yours to change. "
            "Ask an administrator.",
        )


def require_giving(role: RoleRef, context: Context) -> None:
    """Refuse a role that there is not, or that allows more than the caller's own."""
    given = rights_in(role, context)
    if given.removed:
        raise Refused(Code.NOT_FOUND, f"The role {given.name} was removed. Give another one.")
    require_reach(role, context)
    context.caller.require_grant(given.permissions)


def rights_in(role: RoleRef, context: Context) -> HeldRole:
    """Return what a role allows; refuse with `not_found` one that there is not."""
    ref = counted(role)
    return rights_of(role, context.state(ref) if ref else None)


def counting(role: RoleRef) -> Iterable[Ref[HeldRole]]:
    """Return the streams that tell of a role, for `needs`."""
    if ref := counted(role):
        yield ref


def count(role: RoleRef, change: int, context: Context) -> Iterable[On]:
    """Count the holders of a role; the last owner can neither leave nor get another role."""
    if ref := counted(role):
        holders = max(rights_in(role, context).holders + change, 0)
        if role == BuiltIn.OWNER and not holders:
            raise Refused(
                Code.LIMIT_REACHED,
                "This is the last owner of the account. Make somebody else an owner first.",
            )
        yield On(ref, HoldersCounted(holders=holders))


def require_own(departments: Iterable[UUID], context: Context) -> None:
    """Refuse to let anybody, the caller included, into departments that the caller does not see."""
    caller = context.caller
    if Permission.TICKETS_ALL_DEPARTMENTS not in caller.granted and (
        set(departments) - caller.departments
    ):
        raise Refused(
            Code.PERMISSION_DENIED,
            "You can let others into your own departments only, unless your role sees all "
            f"({Permission.TICKETS_ALL_DEPARTMENTS.value}).",
            {"permission": Permission.TICKETS_ALL_DEPARTMENTS.value},
        )
