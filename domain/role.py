"""Roles: the built-in ones, and those that people make of permissions, with how many hold them."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, assert_never
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.claim import ROLE_NAME, Claimed, Released, claim_of
from domain.decider import Command, Context, Decider, On, Ref, existing
from domain.fact import Fact
from domain.permissions import ALL, PRIVILEGES, Permission, permissions_of
from domain.permissions import Role as BuiltIn
from domain.refusals import Code, Refused
from domain.spelling import JOINERS, spelled

# A built-in role's word, or the id of one that people made.
RoleRef = str
RoleName = Annotated[str, Meta(min_length=1, max_length=60)]

_OWNERS = UUID("d0c7a0a7-3c1f-5f0a-9f0e-2b7f5c1f6a55")
_UNJOINED = dict.fromkeys(map(ord, JOINERS))


class Added(Fact, frozen=True):
    topic: ClassVar[str] = "role.added"
    name: str
    permissions: tuple[Permission, ...]


class Renamed(Fact, frozen=True):
    topic: ClassVar[str] = "role.renamed"
    turns_authority: ClassVar[bool] = True  # the name is recorded with what its holders do
    name: str
    was: str


class PermissionsSet(Fact, frozen=True):
    topic: ClassVar[str] = "role.permissions_set"
    turns_authority: ClassVar[bool] = True
    permissions: tuple[Permission, ...]
    was: tuple[Permission, ...]


class Removed(Fact, frozen=True):
    topic: ClassVar[str] = "role.removed"


class HoldersCounted(Fact, frozen=True):
    """So many active agents have the role now: the last owner stays, a role in use stays."""

    topic: ClassVar[str] = "role.holders_counted"
    holders: int


RoleFact = Added | Renamed | PermissionsSet | Removed | HoldersCounted
FACTS: tuple[type[Fact], ...] = (Added, Renamed, PermissionsSet, Removed, HoldersCounted)


class AddRole(Command, frozen=True):
    """Make a role of permissions; what is not named, it does not allow."""

    permission: ClassVar[Permission] = Permission.ROLES_MANAGE
    role: UUID
    name: RoleName
    permissions: tuple[Permission, ...]


class RenameRole(Command, frozen=True):
    permission: ClassVar[Permission] = Permission.ROLES_MANAGE
    role: UUID
    name: RoleName


class SetPermissions(Command, frozen=True):
    """Set what a role allows from now on, for all who have it."""

    permission: ClassVar[Permission] = Permission.ROLES_MANAGE
    role: UUID
    permissions: tuple[Permission, ...]


class RemoveRole(Command, frozen=True):
    """Remove a role that nobody has."""

    permission: ClassVar[Permission] = Permission.ROLES_MANAGE
    role: UUID


RoleCommand = AddRole | RenameRole | SetPermissions | RemoveRole


class HeldRole(Struct, frozen=True):
    """A role's state, as rules see it."""

    name: str
    permissions: frozenset[Permission]
    holders: int = 0
    removed: bool = False


def counted(role: RoleRef) -> Ref[HeldRole] | None:
    """Return the stream that counts a role's holders; None where nobody needs to know."""
    if role == BuiltIn.OWNER:
        return Ref(ROLE, _OWNERS)
    return None if role in set(BuiltIn) else Ref(ROLE, _id_of(role))


def rights_of(role: RoleRef, held: HeldRole | None) -> HeldRole:
    """Return a role's name and permissions; refuse with `not_found` one that there is not.

    `held` is the state of its `counted` stream. A removed role allows nothing.
    """
    if role in set(BuiltIn):
        return HeldRole(role, permissions_of(BuiltIn(role)), held.holders if held else 0)
    if held is None:
        raise _no_role()
    return replace(held, permissions=frozenset()) if held.removed else held


def ranks_above_agents(role: RoleRef) -> bool:
    """Whether only `admins:manage` reaches the accounts that have this role."""
    return role in {BuiltIn.OWNER, BuiltIn.ADMIN}


def _id_of(role: RoleRef) -> UUID:
    try:
        key = UUID(role)
    except ValueError:
        raise _no_role() from None
    # In one spelling, as views look it up; and owners have a word, which the rules go by.
    if str(key) != role or key == _OWNERS:
        raise _no_role()
    return key


def _no_role() -> Refused:
    return Refused(
        Code.NOT_FOUND,
        f"There is no such role: name {', '.join(BuiltIn)}, or the id of a role that was made.",
    )


def needs(role: HeldRole | None, command: RoleCommand) -> Iterable[Ref[Any]]:
    match command:
        case AddRole():
            yield claim_of(ROLE_NAME, spelled(command.name))
        case RenameRole():
            yield claim_of(ROLE_NAME, spelled(command.name))
            if role:
                yield claim_of(ROLE_NAME, role.name)
        case SetPermissions():
            pass
        case RemoveRole():
            if role:
                yield claim_of(ROLE_NAME, role.name)
        case _:
            assert_never(command)


def decide(role: HeldRole | None, command: RoleCommand, context: Context) -> Iterable[Fact | On]:
    if command.role == _OWNERS:
        raise _no_role()
    match command:
        case AddRole():
            if role is not None:
                return  # the same id again
            name = _spelled(command.name)
            permissions = _grantable(command.permissions, context)
            yield _claim(name, command.role, context)
            yield Added(name=name, permissions=permissions)
        case RenameRole():
            yield from _rename(_within_reach(role, context), command, context)
        case SetPermissions():
            current = _within_reach(role, context)
            permissions = _grantable(command.permissions, context)
            if frozenset(permissions) != current.permissions:
                yield PermissionsSet(
                    permissions=permissions, was=tuple(sorted(current.permissions))
                )
        case RemoveRole():
            if existing(role, "role").removed:
                return
            current = _within_reach(role, context)
            if current.holders:
                raise Refused(
                    Code.LIMIT_REACHED,
                    f"Agents still have the role {current.name}: {current.holders}. "
                    "Give them another one first.",
                    {"holders": current.holders},
                )
            yield On(claim_of(ROLE_NAME, current.name), Released(kind=ROLE_NAME))
            yield Removed()
        case _:
            assert_never(command)


def _within_reach(role: HeldRole | None, context: Context) -> HeldRole:
    """Return the role, unless it allows more than the caller's own: that is others' to change."""
    if role is None or role.removed:
        raise _no_role()
    context.caller.require_grant(role.permissions)
    return role


def _rename(role: HeldRole, command: RenameRole, context: Context) -> Iterable[Fact | On]:
    name = _spelled(command.name)
    if name == role.name:
        return
    if name.casefold() != role.name.casefold():
        yield _claim(name, command.role, context)
        yield On(claim_of(ROLE_NAME, role.name), Released(kind=ROLE_NAME))
    yield Renamed(name=name, was=role.name)


def _spelled(name: str) -> str:
    name = spelled(name)
    if not name:
        raise Refused(Code.INVALID_ARGUMENTS, "A role needs a name.")
    if name.translate(_UNJOINED).casefold() in set(BuiltIn):
        raise Refused(Code.ALREADY_EXISTS, f"{name} is a built-in role.")
    return name


def _claim(name: str, role: UUID, context: Context) -> On:
    claim = claim_of(ROLE_NAME, name)
    if context.state(claim) is not None:
        raise Refused(Code.ALREADY_EXISTS, f"A role named {name} exists already.")
    return On(claim, Claimed(kind=ROLE_NAME, holder=role))


def _grantable(wanted: Iterable[Permission], context: Context) -> tuple[Permission, ...]:
    permissions = frozenset(wanted)
    if permissions - PRIVILEGES:
        raise Refused(
            Code.PERMISSION_DENIED,
            f"{Permission.ADMINS_MANAGE.value} belongs to owners and to no other role.",
        )
    context.caller.require_grant(permissions)
    return tuple(sorted(permissions))


def evolve(role: HeldRole | None, fact: RoleFact) -> HeldRole:
    match fact:
        case Added():
            return HeldRole(fact.name, frozenset(fact.permissions))
        case Renamed():
            return replace(existing(role, "role"), name=fact.name)
        case PermissionsSet():
            return replace(existing(role, "role"), permissions=frozenset(fact.permissions))
        case Removed():
            return replace(existing(role, "role"), removed=True)
        case HoldersCounted():
            current = role or HeldRole(BuiltIn.OWNER.value, ALL)
            return replace(current, holders=fact.holders)
        case _:
            assert_never(fact)


ROLE: Decider[HeldRole] = Decider("role", decide, evolve, needs)
