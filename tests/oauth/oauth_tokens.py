"""Apps at the token endpoint: what they send, and whether what they got is any good."""

from base64 import b64encode
from typing import NamedTuple
from uuid import UUID

from api.oauth.locations import REVOKE, TOKEN
from domain.oauth_client import OAuthClient
from domain.secret import CLIENT_SECRET, digest_of, encode_secret
from tests.mcp.serving import Served
from tests.mcp.wire import modern
from tests.oauth.oauth_grants import VERIFIER, ApprovedApp, approve_app
from tests.oauth.oauth_wire import Answer, Wire

HOME = "https://app.example/callback"
SECRET = encode_secret(CLIENT_SECRET, bytes(32))
PUBLIC = OAuthClient(id="dcr_public", source="dynamic", name="App", redirect_uris=(HOME,))
OTHER = OAuthClient(id="dcr_other", source="dynamic", name="Other", redirect_uris=(HOME,))
CONFIDENTIAL = OAuthClient(
    id="dcr_confidential",
    source="dynamic",
    name="Server",
    redirect_uris=(HOME,),
    auth_method="client_secret_basic",
    secret_digest=digest_of(SECRET).hex(),
)
FORGETFUL = OAuthClient(
    id="dcr_forgetful",
    source="dynamic",
    name="Script",
    redirect_uris=(HOME,),
    grant_types=("authorization_code",),
)
CLIENTS = (PUBLIC, OTHER, CONFIDENTIAL, FORGETFUL)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


class App(NamedTuple):
    """A client that acts for an agent. What is blank in a form counts as left out."""

    product: Served
    wire: Wire
    agent: UUID

    def approved(self, client: OAuthClient = PUBLIC, **given: str) -> ApprovedApp:
        return self.product.run(approve_app(self.product.desk, self.agent, client, **given))

    def redeem(self, approved: ApprovedApp, **changed: str) -> Answer:
        """Redeem a code, as clients of OAuth 2.0 and 2.1 do alike."""
        form = {
            "grant_type": "authorization_code",
            "client_id": approved.client.id,
            "code": approved.code,
            "code_verifier": VERIFIER,
            "redirect_uri": HOME,
            **changed,
        }
        return self.wire.form(TOKEN, form)

    def connected(self, client: OAuthClient = PUBLIC) -> "Held":
        secret = SECRET if client.secret_digest else ""
        return held(self.redeem(self.approved(client), client_secret=secret))

    def refresh(self, token: str, client: OAuthClient = PUBLIC, **changed: str) -> Answer:
        form = {
            "grant_type": "refresh_token",
            "client_id": client.id,
            "refresh_token": token,
            **changed,
        }
        return self.wire.form(TOKEN, form)

    def revoke(self, token: str, client: OAuthClient = PUBLIC, **changed: str) -> Answer:
        return self.wire.form(REVOKE, {"client_id": client.id, "token": token, **changed})

    def works(self, access_token: str) -> bool:
        """Whether an access token opens the MCP endpoint."""
        status = modern(access_token, "tools/list").send(self.product.port).status
        assert status in {200, 401}
        return status == 200


class Held(NamedTuple):
    """The tokens of a successful answer."""

    access: str
    refresh: str
    scope: str


def held(answer: Answer) -> Held:
    assert answer.status == 200, answer.raw
    return Held(answer.body["access_token"], answer.body["refresh_token"], answer.body["scope"])
