"""What views show of roles: those that there always are, and those that people made."""

from uuid import UUID

import pytest

from domain import access_tokens, agent, role
from domain.permissions import PRIVILEGES, Permission, Role, Scope, permissions_of
from tests.known import ANA, BEN, NOW
from tests.projections.book import Desk, Shown

pytestmark = pytest.mark.anyio

READERS, CLERKS = UUID(int=71), UUID(int=72)


async def test_built_in_roles_come_first_with_what_they_allow(shown: Shown) -> None:
    views = await shown.show(Desk())
    lines = await views.list_roles()
    assert [(it.id, it.name, it.built_in) for it in lines] == [(r, r, True) for r in Role]
    assert [frozenset(it.permissions) for it in lines] == [permissions_of(r) for r in Role]
    assert [it.holders for it in lines] == [0, 1, 1]


async def test_roles_that_were_made_follow_by_name_until_they_are_removed(shown: Shown) -> None:
    desk = Desk()
    allowed = (Permission.TICKETS_READ, Permission.TAGS_ADD)
    desk.carry_out(role.AddRole(role=READERS, name="Readers", permissions=allowed))
    desk.carry_out(role.AddRole(role=CLERKS, name="clerks", permissions=tuple(PRIVILEGES)))
    desk.write(ANA, agent.RoleChanged(role=str(READERS), was=Role.AGENT))
    desk.write(READERS, role.HoldersCounted(holders=1))
    views = await shown.show(desk)
    *built_in, clerks, readers = await views.list_roles()
    assert [it.holders for it in built_in] == [0, 1, 0]
    assert (clerks.id, clerks.name, clerks.built_in) == (str(CLERKS), "clerks", False)
    assert clerks.permissions == [p for p in Permission if p in PRIVILEGES]
    assert (readers.permissions, readers.holders) == (list(allowed), 1)
    desk.carry_out(role.RenameRole(role=READERS, name="Audience"))
    desk.carry_out(role.SetPermissions(role=READERS, permissions=(Permission.AUDIT_READ,)))
    desk.carry_out(role.RemoveRole(role=CLERKS))
    await shown.show(desk)
    (audience,) = (await views.list_roles())[len(Role) :]
    assert (audience.name, audience.permissions) == ("Audience", [Permission.AUDIT_READ])


async def test_tokens_are_listed_with_what_they_are_good_for(shown: Shown) -> None:
    desk = Desk()
    for number, scopes in enumerate(((Scope.TICKETS_READ,), tuple(Scope))):
        made = access_tokens.Generated(
            token=UUID(int=number), agent=BEN, digest="ab", mask="…", expires_at=NOW, scopes=scopes
        )
        desk.write(access_tokens.tokens_of(BEN).id, made)
    views = await shown.show(desk)
    assert [it.scopes for it in await views.list_tokens()] == [[Scope.TICKETS_READ], list(Scope)]
