"""Clients that come to the authorization endpoint with a person's browser, and what they ask."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from api.oauth.locations import AUTHORIZE, CONSENT
from api.oauth.store import Document
from domain.application import Wish
from domain.clients import RegisterClient
from domain.held_consents import stream_of_consents
from domain.oauth_client import OAuthClient
from domain.permissions import Role
from domain.role import RoleRef
from domain.secret import digest_of
from tests.mcp.company import Member, add_agent
from tests.mcp.serving import Served
from tests.oauth.oauth_grants import CHALLENGE, new_tokens
from tests.sign_in.browser import Answer, Browser
from tests.sign_in.conftest import PASSWORD, give_password

BROWSER = "deskledger_browser"
SITE = "https://app.example/callback"
LOOPBACK = "http://127.0.0.1:33418/callback"


class Person(NamedTuple):
    """An agent who is signed in with a browser."""

    member: Member
    browser: Browser

    def facts(self, product: Served) -> list[str]:
        """Return the topics of what happened to the consents of this agent."""
        stream = stream_of_consents(self.member.id)
        return [event.fact.topic for event in product.run(product.desk.ledger.load(stream))]


def arrive(product: Served, name: str, role: RoleRef = Role.AGENT, *, seat: bool = True) -> Person:
    """Hire somebody of a name that nobody has yet, and sign in."""
    member = product.run(add_agent(product.desk, name, role, seat=seat))
    give_password(product, member, PASSWORD)
    return Person(member, enter(product, member))


def enter(product: Served, member: Member, **cookies: str) -> Browser:
    """Sign in with another browser, which has these cookies."""
    browser = Browser(product.port, **cookies)
    assert browser.sign_in(member.email, PASSWORD).status == 303
    return browser


def dynamic(key: str, *redirect_uris: str, name: str = "Some App") -> OAuthClient:
    """Return a client that registered itself."""
    return OAuthClient(
        id=f"dcr_{key}", source="dynamic", name=name, redirect_uris=redirect_uris or (SITE,)
    )


def documented(host: str, *redirect_uris: str, name: str = "Some App") -> OAuthClient:
    """Return a client that a document tells of."""
    uris = redirect_uris or (f"https://{host}/callback",)
    return OAuthClient(
        id=f"https://{host}/client.json", source="document", name=name, redirect_uris=uris
    )


def registered(key: str, *redirect_uris: str) -> OAuthClient:
    """Return a client as an administrator registers it."""
    return OAuthClient(
        id=key, source="registered", name=f"Our {key}", redirect_uris=redirect_uris or (SITE,)
    )


def keep(product: Served, client: OAuthClient) -> OAuthClient:
    """Make a client known, as its source says."""
    now = product.desk.helpdesk.now()
    match client.source:
        case "dynamic":
            product.run(product.desk.oauth.add_client(client, None, "192.0.2.0", now))
        case "document":
            document = Document(client, now, now + timedelta(days=300))
            product.run(product.desk.oauth.keep_document(document))
        case "registered":
            registered = RegisterClient(
                client_id=client.id, name=client.name, redirect_uris=client.redirect_uris
            )
            product.run(product.desk.execute(Wish(registered)))
    return client


def asked_by(client: OAuthClient, redirect_uri: str | None = None, **other: str | None) -> str:
    """Return the address that a client opens; None leaves a parameter out.

    An empty redirect URI counts as none (OAuth 2.1 §3.1).
    """
    asked: Mapping[str, str | None] = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.redirect_uris[0] if redirect_uri is None else redirect_uri,
        "state": "xyz 1/2",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "scope": "tickets:read tickets:write",
        **other,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return f"{AUTHORIZE}?{urlencode(given)}"


def choose(browser: Browser, page: Answer, choice: str, **other: str) -> Answer:
    """Press a button of the page."""
    return browser.post(CONSENT, {**page.fields(CONSENT), "answer": choice, **other})


def approve(browser: Browser, address: str) -> dict[str, str]:
    """Open the page and approve; return what the client is sent."""
    page = browser.get(address)
    assert page.status == 200, page
    return sent(choose(browser, page, "approve"))


def connect(product: Served, browser: Browser, address: str) -> UUID:
    """Approve and redeem the code; return the consent."""
    return redeem(product, approve(browser, address)["code"])


def redeem(product: Served, code: str) -> UUID:
    """Have the client take tokens for a code; return the consent."""
    store, now = product.desk.oauth, product.desk.helpdesk.now()
    grant = product.run(store.find_grant(digest_of(code)))
    assert grant
    assert product.run(store.redeem(grant.id, new_tokens(product.desk).issued, now))
    return grant.consent


def sent(answer: Answer) -> dict[str, str]:
    """Return what an answer has the browser take to the client."""
    assert answer.status == 303, answer
    return dict(parse_qsl(urlsplit(answer.location).query, strict_parsing=True))


def is_page(answer: Answer) -> bool:
    """Whether somebody is asked."""
    return answer.status == 200 and f'action="{CONSENT}"' in answer.text
