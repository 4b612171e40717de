"""Apps at the token endpoint: what they send, and whether what they got is any good."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

import psycopg

from api.oauth.locations import REVOKE, TOKEN
from domain.consent import GrantEnded
from domain.oauth_client import OAuthClient
from domain.permissions import TOOL_SCOPES, Scope
from domain.secret import CLIENT_SECRET, digest_of, encode_secret
from tests.mcp.records import Log
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
UNKNOWN = UUID(int=0)
CLIENTS = (PUBLIC, OTHER, CONFIDENTIAL, FORGETFUL)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


class App(NamedTuple):
    """A client that acts for an agent. What is blank in a form counts as left out."""

    product: Served
    wire: Wire
    agent: UUID
    database: str

    def approved(
        self, client: OAuthClient = PUBLIC, scopes: Iterable[Scope] = TOOL_SCOPES
    ) -> ApprovedApp:
        desk = self.product.desk
        return self.product.run(approve_app(desk, self.agent, client, scopes=scopes))

    def redeem(self, approved: ApprovedApp, header: str | bytes = "", **changed: str) -> Answer:
        """Redeem a code; `header` is for Authorization."""
        form = {
            "grant_type": "authorization_code",
            "client_id": approved.client.id,
            "code": approved.code,
            "code_verifier": VERIFIER,
            "redirect_uri": HOME,
            **changed,
        }
        return self._send(TOKEN, form, header)

    def connected(
        self, client: OAuthClient = PUBLIC, scopes: Iterable[Scope] = TOOL_SCOPES
    ) -> "Held":
        approved = self.approved(client, scopes)
        secret = SECRET if client.secret_digest else ""
        return held(self.redeem(approved, client_secret=secret), approved.grant)

    def refresh(
        self, token: str, client: OAuthClient = PUBLIC, header: str | bytes = "", **changed: str
    ) -> Answer:
        form = {
            "grant_type": "refresh_token",
            "client_id": client.id,
            "refresh_token": token,
            **changed,
        }
        return self._send(TOKEN, form, header)

    def revoke(
        self, token: str, client: OAuthClient = PUBLIC, header: str | bytes = "", **changed: str
    ) -> Answer:
        return self._send(REVOKE, {"client_id": client.id, "token": token, **changed}, header)

    def _send(self, path: str, form: Mapping[str, str], header: str | bytes) -> Answer:
        given = {"Authorization": header} if header else {}
        return self.wire.form(path, form, **given)  # pyright: ignore[reportArgumentType] - bytes go, too

    def works(self, access_token: str) -> bool:
        """Whether an access token opens the MCP endpoint."""
        status = modern(access_token, "tools/list").send(self.product.port).status
        assert status in {200, 401}
        return status == 200

    def at_rest(self) -> bytes:
        """Return all that the tables of tokens hold."""
        held = b""
        with psycopg.connect(self.database) as connection, connection.cursor() as cursor:
            for table in (b"grants", b"refresh_tokens", b"credentials", b"events"):
                with cursor.copy(b"COPY acct_main.%b TO STDOUT" % table) as copy:
                    held += b"".join(bytes(chunk) for chunk in copy)
        return held

    def why_ended(self, grant: UUID) -> list[str]:
        """Return for what reasons a grant was ended, as an auditor reads it."""
        with psycopg.connect(self.database) as connection:
            facts = [recorded.event.fact for recorded in Log(self.database, connection).above(0)]
        return [fact.why for fact in facts if isinstance(fact, GrantEnded) and fact.grant == grant]


class Held(NamedTuple):
    """The tokens of a successful answer, and the grant that they came of, where it matters."""

    access: str
    refresh: str
    scope: str
    grant: UUID


def held(answer: Answer, grant: UUID = UNKNOWN) -> Held:
    assert answer.status == 200, answer.raw
    body = answer.body
    return Held(body["access_token"], body["refresh_token"], body["scope"], grant)
