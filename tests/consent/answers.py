"""Agents who are signed in, clients that ask them, and what comes of a yes."""

from typing import Any
from uuid import UUID

import msgspec

from domain.caller import Caller
from domain.clients import CLIENTS, ClientPolicy, PolicySet, Registered
from domain.consent import ApproveApp, ContinueApp, Granted
from domain.oauth_client import OAuthClient, identity_of
from domain.permissions import TOOL_SCOPES, Role, Scope
from tests.given import Given, given
from tests.known import ANA, ANA_IN_SUPPORT, caller_of

RESOURCE = "https://desk.example/public/api/mcp"
CONSENT, GRANT, NEXT = UUID(int=700), UUID(int=800), UUID(int=801)
BROWSER, OTHER_BROWSER = "ab" * 32, "cd" * 32
READ: tuple[Scope, ...] = (Scope.TICKETS_READ,)
BOTH: tuple[Scope, ...] = tuple(sorted(TOOL_SCOPES))

SITE, OTHER_SITE = "https://app.example/callback", "https://app.example/elsewhere"
LOCAL = "http://127.0.0.1/callback"
LANDINGS = (SITE, OTHER_SITE, LOCAL, "com.example.app:/callback")

# Known by its own document, by registering itself, and by an administrator.
DOCUMENT = OAuthClient(
    id="https://app.example/client", source="document", name="App", redirect_uris=LANDINGS
)
DYNAMIC = OAuthClient(id="dcr_first", source="dynamic", name="App", redirect_uris=LANDINGS)
AGAIN = msgspec.structs.replace(DYNAMIC, id="dcr_second")
PUBLIC = OAuthClient(id="portal", source="registered", name="Portal", redirect_uris=LANDINGS)
CONFIDENTIAL = msgspec.structs.replace(
    PUBLIC, id="server", auth_method="client_secret_basic", secret_digest="ef" * 32
)
REGISTERED = tuple(
    Registered(
        client_id=client.id,
        name=client.name,
        redirect_uris=client.redirect_uris,
        auth_method=client.auth_method,
        digest=client.secret_digest,
    )
    for client in (PUBLIC, CONFIDENTIAL)
)

APPROVE = ApproveApp(
    agent=ANA,
    client=DOCUMENT,
    redirect_uri=SITE,
    resource=RESOURCE,
    scopes=BOTH,
    consent=CONSENT,
    grant=GRANT,
    browser=BROWSER,
)
CONTINUE = ContinueApp(
    agent=ANA,
    client=DOCUMENT,
    redirect_uri=SITE,
    resource=RESOURCE,
    scopes=BOTH,
    grant=NEXT,
    lives=True,
    browser=BROWSER,
)


def signed_in(agent: UUID = ANA, role: Role = Role.AGENT) -> Caller:
    """Make the caller behind an agent's session."""
    caller = caller_of(agent, role)
    by = msgspec.structs.replace(caller.by, via="panel")
    return msgspec.structs.replace(caller, by=by)


def granted(
    client: OAuthClient = DOCUMENT, redirect_uri: str = SITE, scopes: tuple[Scope, ...] = BOTH
) -> Granted:
    """What a first yes comes to."""
    return Granted(
        consent=CONSENT,
        agent=ANA,
        identity=identity_of(client, redirect_uri).key,
        client_id=client.id,
        client_name=client.name,
        redirect_uri=redirect_uri,
        resource=RESOURCE,
        scopes=scopes,
        grant=GRANT,
        browser=BROWSER,
    )


def ana(*facts: Any, **policy: Any) -> Given:
    """Ana, signed in, with what she answered so far, and the policy as it stands."""
    here = given(*facts).beside(*ANA_IN_SUPPORT).by(signed_in())
    if not policy:
        return here.beside(CLIENTS, *REGISTERED)
    now = ClientPolicy(**policy)
    return here.beside(CLIENTS, *REGISTERED, PolicySet(policy=now, was=ClientPolicy()))
