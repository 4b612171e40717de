"""The product served with a small company in it, and those of it who ask over HTTP."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import NamedTuple
from uuid import UUID

import pytest

from api.cookies import session_cookie_name
from domain.application import Wish
from domain.permissions import ALL_SCOPES, Role
from domain.role import RoleRef
from domain.secret import SESSION, digest_of, encode_secret
from domain.session import OpenSession
from infra.desk import new_id
from tests.mcp.company import SUPPORT, Company, Member, add_agent, generate_token
from tests.mcp.conftest import company, desk_database, founded, log, product
from tests.mcp.serving import Served
from tests.rest.client import Client

# The fixtures of the MCP tests, anew for these.
__all__ = ["company", "desk_database", "founded", "log", "product"]


class Hired(NamedTuple):
    """An agent of a test's own; the client's token has all scopes, the member's those of tools."""

    member: Member
    client: Client

    @property
    def path(self) -> str:
        return f"/agents/{self.member.id}"


class SignedIn(NamedTuple):
    """A session; `client` sends its cookie, and with changes the token that goes with it."""

    id: UUID
    client: Client
    secret: str


Hire = Callable[..., Hired]
SignIn = Callable[[UUID], SignedIn]


@pytest.fixture(scope="session")
def nobody(product: Served) -> Client:
    return Client(product.port)


@pytest.fixture(scope="session")
def olga(product: Served, company: Company) -> Client:
    """The owner."""
    return _client(product, company.members["Olga"])


@pytest.fixture(scope="session")
def adam(product: Served, company: Company) -> Client:
    """An administrator."""
    return _client(product, company.members["Adam"])


@pytest.fixture(scope="session")
def ana(product: Served, company: Company) -> Client:
    """An agent of Support."""
    return _client(product, company.members["Ana"])


@pytest.fixture(scope="session")
def hire(product: Served, company: Company) -> Hire:
    """Add an agent of the test's own."""
    numbers = count(1)

    def hired(role: RoleRef = Role.AGENT, department: str = SUPPORT) -> Hired:
        name = f"Hired{next(numbers)}"
        place = company.departments[department]
        member = product.run(add_agent(product.desk, name, role, place))
        return Hired(member, _client(product, member))

    return hired


@pytest.fixture
def imported(product: Served, company: Company) -> UUID:
    """An agent of the test's own, without a seat as an import makes them."""
    name = f"Imported{new_id().hex}"
    place = company.departments[SUPPORT]
    member = product.run(add_agent(product.desk, name, Role.AGENT, place, seat=False))
    return member.id


@pytest.fixture(scope="session")
def sign_in(product: Served) -> SignIn:
    """Open a session as the sign-in does once it knows who it is."""

    def signed_in(agent: UUID) -> SignedIn:
        secret, session = encode_secret(SESSION, os.urandom(32)), new_id()
        expires = datetime.now(UTC) + timedelta(days=1)
        digest = digest_of(secret).hex()
        opened = OpenSession(session=session, agent=agent, digest=digest, expires_at=expires)
        product.run(product.desk.execute(Wish(opened)))
        cookie = f"{session_cookie_name(product.desk.settings.base_url)}={secret}"
        token = Client(product.port, Cookie=cookie).get("/session").body["csrf_token"]
        return SignedIn(session, Client(product.port, Cookie=cookie, X_CSRF_Token=token), secret)

    return signed_in


def _client(product: Served, member: Member) -> Client:
    token, _ = product.run(generate_token(product.desk, member.id, scopes=ALL_SCOPES))
    return Client(product.port, token)
