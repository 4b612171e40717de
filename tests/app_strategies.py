"""Hypothesis strategies of apps: agents' answers to a few clients, and what administrators do to these."""

from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from domain.clients import RegisterClient, RemoveClient, SetClientPolicy
from domain.consent import ApproveApp, ContinueApp, DeclineApp, EndGrant, RevokeApp
from domain.decider import Command
from domain.held_consents import WhyEnded
from domain.oauth_client import OAuthClient
from domain.permissions import TOOL_SCOPES
from tests.strategies import FIRST_AGENT, ids

Commands = st.SearchStrategy[Command]

# Two that prove who they are by where codes go, one of them under ids that never last; a program
# on the agent's machine that proves nothing; and one that an administrator registers.
_SITES = ("https://app.example/a", "https://app.example/b")
_LOCAL = ("http://127.0.0.1/cb", "http://localhost/cb")
RESOURCE = "https://desk.example/public/api/mcp"
APPS = (
    OAuthClient(
        id="https://app.example/client", source="document", name="Site", redirect_uris=_SITES
    ),
    OAuthClient(id="dcr_1", source="dynamic", name="One", redirect_uris=_SITES),
    OAuthClient(id="dcr_2", source="dynamic", name="Two", redirect_uris=_SITES),
    OAuthClient(id="dcr_3", source="dynamic", name="Local", redirect_uris=_LOCAL),
    OAuthClient(id="portal", source="registered", name="Portal", redirect_uris=(*_SITES, *_LOCAL)),
)
CONSENTS = ids(700, 710)
_SCOPES = st.sets(st.sampled_from(sorted(TOOL_SCOPES)), min_size=1).map(tuple)
_BROWSERS = st.none() | st.sampled_from(["one", "other"])
SITE, TWIN, TWINS_TWIN, LOCAL, PORTAL = APPS
# Mostly where the client may have codes sent.
_LANDINGS = st.sampled_from(
    [
        *((client, uri) for client in (SITE, TWIN, TWINS_TWIN, PORTAL) for uri in _SITES),
        *((LOCAL, f"http://127.0.0.1:{port}/cb") for port in (4711, 4712, 4713)),
        *((client, uri) for client in (LOCAL, PORTAL) for uri in _LOCAL),
        (SITE, "http://127.0.0.1/cb"),
    ]
)


def asking(kind: Callable[..., Command], **more: st.SearchStrategy[Any]) -> Commands:
    """A client's asking, answered in some way."""

    def asked(landing: tuple[OAuthClient, str], **given: Any) -> Command:
        client, uri = landing
        return kind(client=client, redirect_uri=uri, resource=RESOURCE, **given)

    return st.builds(asked, landing=_LANDINGS, agent=FIRST_AGENT, scopes=_SCOPES, **more)


# Each yes is a fact of its own, also to the same.
APPROVING = asking(ApproveApp, consent=CONSENTS, grant=st.uuids(), browser=_BROWSERS)
CONTINUING = asking(ContinueApp, grant=st.uuids(), lives=st.booleans(), browser=_BROWSERS)
CONNECTING: Commands = st.one_of(
    APPROVING,
    APPROVING,
    CONTINUING,
    asking(DeclineApp),
    st.builds(
        EndGrant,
        agent=FIRST_AGENT,
        consent=CONSENTS,
        grant=st.uuids(),
        why=st.sampled_from(get_args(WhyEnded)),
    ),
)
CLIENTELE = st.one_of(
    st.builds(RevokeApp, agent=FIRST_AGENT, consent=CONSENTS),
    st.builds(
        RegisterClient,
        client_id=st.sampled_from(["portal", "desktop"]),
        name=st.text(max_size=3),
        redirect_uris=st.lists(st.sampled_from(_SITES), min_size=1, max_size=2).map(tuple),
        digest=st.none() | st.just("ef" * 32),
    ),
    st.builds(RemoveClient, client_id=st.sampled_from(["portal", "desktop"])),
    st.builds(
        SetClientPolicy,
        dynamic_registration=st.none() | st.booleans(),
        allowed_hosts=st.none() | st.sampled_from([(), ("app.example",), ("127.0.0.1",)]),
        any_host=st.booleans(),
        always_ask=st.none() | st.booleans(),
    ),
)


def numbered(command: Command, number: int) -> Command:
    """Return a yes to an app with an id that no other consent has, as it is where ids are made."""
    if isinstance(command, ApproveApp):
        return msgspec.structs.replace(command, consent=UUID(int=700 + number))
    return command
