"""The product served with a small company in it, whose people are signed in to the panel."""

import secrets
from collections.abc import Callable
from functools import partial

import pytest

from domain.application import Wish
from domain.permissions import Permission, Role
from domain.role import AddRole, RoleRef
from infra.desk import new_id
from tests.mcp.company import SUPPORT, Company, Member, Ticket, add_agent, open_ticket
from tests.mcp.conftest import company, desk_database, founded, product
from tests.mcp.serving import Served
from tests.panel.entering import entered
from tests.sign_in.browser import Browser

# The fixtures of the MCP tests, anew for these.
__all__ = ["company", "desk_database", "founded", "product"]

Enter = Callable[[Member], Browser]
Join = Callable[..., tuple[Member, Browser]]
RoleOf = Callable[..., str]


@pytest.fixture(scope="session")
def enter(product: Served) -> Enter:
    """Open a session as the sign-in does once it knows who it is."""

    return partial(entered, product)


@pytest.fixture(scope="session")
def join(product: Served, company: Company, enter: Enter) -> Join:
    """Add an agent of the test's own and sign it in."""

    def joined(
        name: str, role: RoleRef = Role.AGENT, department: str = SUPPORT
    ) -> tuple[Member, Browser]:
        place = company.departments[department]
        # As many of one name as tests like, in a company that they share.
        email = f"{secrets.token_hex(6)}@desk.example"
        member = product.run(add_agent(product.desk, name, role, place, email=email))
        return member, enter(member)

    return joined


@pytest.fixture(scope="session")
def ana(company: Company, enter: Enter) -> Browser:
    """An agent of Support, signed in."""
    return enter(company.members["Ana"])


@pytest.fixture(scope="session")
def olga(company: Company, enter: Enter) -> Browser:
    """The owner, signed in."""
    return enter(company.members["Olga"])


@pytest.fixture(scope="session")
def adam(company: Company, enter: Enter) -> Browser:
    """An admin, who is no owner, signed in."""
    return enter(company.members["Adam"])


@pytest.fixture(scope="session")
def role_of(product: Served) -> RoleOf:
    """Make a role of the test's own of permissions; return its id."""

    def made(*permissions: Permission) -> str:
        role = new_id()
        command = AddRole(role=role, name=f"Role {role}", permissions=permissions)
        product.run(product.desk.execute(Wish(command)))
        return str(role)

    return made


@pytest.fixture
def word() -> str:
    """A word of the test's own tickets, unlike the other tests': search forgives typos."""
    return secrets.token_hex(6)


@pytest.fixture
def ticket(product: Served, company: Company, word: str) -> Ticket:
    """A new ticket of Support with a tag."""
    department = company.departments[SUPPORT]
    return product.run(open_ticket(product.desk, department, f"About a {word}", tags=("stripes",)))
