"""Apps that agents approved and that hold tokens, made past all pages and endpoints."""

import os
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from api.oauth.locations import Locations
from api.oauth.store import Issued
from domain.application import Insider, Wish
from domain.caller import on_behalf
from domain.consent import ApproveApp
from domain.fact import Attribution
from domain.ledger import NewGrant
from domain.oauth_client import OAuthClient, identity_of
from domain.permissions import TOOL_SCOPES, Scope
from domain.secret import APP_TOKEN, CODE, REFRESH_TOKEN, digest_of, encode_secret
from infra.desk import Desk, new_id
from infra.oauth.store import PostgresOAuthStore

# As of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CODE_SECONDS = timedelta(seconds=60)
HOUR, MONTH, YEAR = timedelta(hours=1), timedelta(days=30), timedelta(days=365)

CLAUDE = OAuthClient(
    id="https://claude.example/oauth/client.json",
    source="document",
    name="Claude",
    redirect_uris=("https://claude.example/callback",),
)
# A program on the agent's own machine, which proves nothing of itself.
CURSOR = OAuthClient(
    id="dcr_cursor",
    source="dynamic",
    name="Cursor",
    redirect_uris=("http://127.0.0.1/callback",),
)


class ApprovedApp(NamedTuple):
    """An approval on its way: `code` is to be redeemed with `VERIFIER`."""

    agent: UUID
    consent: UUID
    grant: UUID
    client: OAuthClient
    code: str


class Tokens(NamedTuple):
    """What a token endpoint would have answered, and what is stored of it."""

    access_token: str
    refresh_token: str
    issued: Issued


class ConnectedApp(NamedTuple):
    """An app at work: its secrets with what they came of."""

    approved: ApprovedApp
    access_token: str
    refresh_token: str

    @property
    def consent(self) -> UUID:
        return self.approved.consent

    @property
    def grant(self) -> UUID:
        return self.approved.grant


async def approve_app(
    desk: Desk,
    agent: UUID,
    client: OAuthClient = CLAUDE,
    *,
    scopes: Iterable[Scope] = TOOL_SCOPES,
    redirect_uri: str = "",
    browser: str | None = None,
) -> ApprovedApp:
    """Say yes in the agent's name, as the consent page does."""
    now, grant = desk.helpdesk.now(), new_id()
    landing = redirect_uri or client.redirect_uris[0]
    resource = Locations(desk.settings.base_url).resource
    code = encode_secret(CODE, os.urandom(32))
    wanted = tuple(sorted(scopes))
    approve = ApproveApp(
        agent=agent,
        client=client,
        redirect_uri=landing,
        resource=resource,
        scopes=wanted,
        consent=new_id(),
        grant=grant,
        browser=browser,
    )
    new = NewGrant(
        id=grant,
        agent=agent,
        client_id=client.id,
        client_name=client.name,
        redirect_uri=landing,
        redirect_given=True,
        scopes=wanted,
        resource=resource,
        challenge=CHALLENGE,
        code_digest=digest_of(code).hex(),
        code_expires_at=now + CODE_SECONDS,
    )
    signed_in = Insider(on_behalf(Attribution(via="panel", agent=agent)))
    settled = await desk.helpdesk.execute(signed_in, Wish(approve, grant=new))
    key = (identity_of(client, landing).key, resource)
    return ApprovedApp(agent, settled.answer.state.standing[key].id, grant, client, code)


def new_tokens(desk: Desk, scopes: Iterable[Scope] = TOOL_SCOPES) -> Tokens:
    """Make tokens that nothing knows yet: for `redeem` and `rotate`."""
    now = desk.helpdesk.now()
    access, refresh = (
        encode_secret(prefix, os.urandom(32)) for prefix in (APP_TOKEN, REFRESH_TOKEN)
    )
    issued = Issued(
        access_digest=digest_of(access),
        access_scopes=tuple(sorted(scopes)),
        access_expires_at=now + HOUR,
        refresh_digest=digest_of(refresh),
        idle_until=now + MONTH,
        until=now + YEAR,
    )
    return Tokens(access, refresh, issued)


async def redeem(
    desk: Desk, approved: ApprovedApp, scopes: Iterable[Scope] = TOOL_SCOPES
) -> ConnectedApp:
    """Redeem an approval's code for tokens."""
    new = new_tokens(desk, scopes)
    store = PostgresOAuthStore(desk.pool, desk.account)
    assert await store.redeem(approved.grant, new.issued, desk.helpdesk.now())
    return ConnectedApp(approved, new.access_token, new.refresh_token)


async def connect_app(
    desk: Desk,
    agent: UUID,
    client: OAuthClient = CLAUDE,
    *,
    scopes: Iterable[Scope] = TOOL_SCOPES,
    redirect_uri: str = "",
    browser: str | None = None,
) -> ConnectedApp:
    """Approve an app and redeem its code: it can work with its access token from now on."""
    wanted = tuple(scopes)
    approved = await approve_app(
        desk, agent, client, scopes=wanted, redirect_uri=redirect_uri, browser=browser
    )
    return await redeem(desk, approved, wanted)
