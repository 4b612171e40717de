"""A client that knows the MCP endpoint's URL and the standards, and goes only where it was told to."""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from api.mcp import PATH
from tests.mcp.serving import Served
from tests.mcp.wire import Answer as Called
from tests.mcp.wire import call, modern
from tests.oauth.clients.person import Person
from tests.oauth.oauth_grants import CHALLENGE, VERIFIER
from tests.oauth.oauth_tokens import Held, held
from tests.oauth.oauth_visiting import arrive
from tests.oauth.oauth_wire import Answer, Wire
from tests.sign_in.browser import Answer as Page
from tests.sign_in.conftest import PASSWORD

NAME = "Stranger <script>alert(1)</script>"
HOME = "https://stranger.example/callback"
CALLBACK = "https://stranger.example/Call%2Fback?a=b"
SCHEME = "com.stranger.app:/callback"
PORTLESS = "http://127.0.0.1/callback"
BOTH = "tickets:read tickets:write"


def welcome(product: Served, name: str) -> Person:
    """Hire somebody of a name that nobody has yet, who signs in."""
    arrived = arrive(product, name)
    return Person(arrived.browser, arrived.member.email, PASSWORD)


def challenge_of(answer: Answer | Called) -> dict[str, str]:
    """Return the parameters of a challenge to send a bearer token (RFC 9110 §11.6.1)."""
    said = answer.headers["www-authenticate"]
    assert said.startswith("Bearer "), said
    return dict(re.findall(r'(\w+)="([^"]*)"', said))


def path_of(address: str) -> str:
    """Return an absolute address without its origin."""
    return urlsplit(address)._replace(scheme="", netloc="").geturl()


def brought(location: str) -> dict[str, str]:
    """Return what an address brings to the client, where each name comes once."""
    pairs = parse_qsl(urlsplit(location).query, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def discover(wire: Wire) -> Mapping[str, Any]:
    """Return the authorization server's metadata (RFC 9728 §5, RFC 8414 §3)."""
    told = wire.get(path_of(challenge_of(wire.json(PATH, {}))["resource_metadata"])).body
    assert told["resource"] == f"{wire.issuer}{PATH}"
    (issuer,) = told["authorization_servers"]
    server = wire.get(f"{path_of(issuer)}/.well-known/oauth-authorization-server").body
    assert server["issuer"] == issuer
    return server


class Stranger:
    """A client of a person's. `client` is what it was told when it registered, or its document."""

    def __init__(
        self,
        wire: Wire,
        person: Person,
        document: Mapping[str, Any] | None = None,
        **said: object,
    ) -> None:
        self.wire = wire
        self.person = person
        self.server = discover(wire)
        self.client = document or self._register(said)

    def _register(self, said: Mapping[str, object]) -> Mapping[str, Any]:
        usual = {"redirect_uris": [HOME], "token_endpoint_auth_method": "none"}
        path = path_of(self.server["registration_endpoint"])
        answer = self.wire.json(path, {**usual, **said})
        assert answer.status == 201, answer.raw
        return answer.body

    @property
    def id(self) -> str:
        return self.client["client_id"]

    @property
    def secret(self) -> str:
        return self.client.get("client_secret", "")

    def address(self, *more: tuple[str, str], **other: str | None) -> str:
        """Return where it has the person's browser go; None leaves a parameter out."""
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.client["redirect_uris"][0],
            "state": "s t/å",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "resource": f"{self.wire.issuer}{PATH}",
            **other,
        }
        given = [(name, value) for name, value in asked.items() if value is not None]
        return f"{self.server['authorization_endpoint']}?{urlencode([*given, *more])}"

    def ask(self, *more: tuple[str, str], **other: str | None) -> Page:
        """Have the browser go there; return the first answer."""
        return self.person.browser.get(path_of(self.address(*more, **other)))

    def get_code(self, **other: str | None) -> str:
        """Have the person approve, where she is asked; return the code."""
        got = brought(self.person.open(self.address(**other)))
        assert got["iss"] == self.server["issuer"]
        return got["code"]

    def redeem(self, code: str, /, **changed: str) -> Answer:
        """Send a code. What is blank counts as left out."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": self.client["redirect_uris"][0],
            "resource": f"{self.wire.issuer}{PATH}",
            **changed,
        }
        return self.send("token_endpoint", form)

    def connect(self, redirect_uri: str = "", **other: str | None) -> Held:
        """Have the person approve, and redeem the code."""
        landing = redirect_uri or self.client["redirect_uris"][0]
        code = self.get_code(redirect_uri=landing, **other)
        return held(self.redeem(code, redirect_uri=landing))

    def refresh(self, token: str, **changed: str) -> Answer:
        return self.send(
            "token_endpoint", {"grant_type": "refresh_token", "refresh_token": token, **changed}
        )

    def revoke(self, token: str) -> Answer:
        return self.send("revocation_endpoint", {"token": token})

    def send(self, endpoint: str, form: Mapping[str, str]) -> Answer:
        """Send a form, with which the client says who it is as it was told to when it registered."""
        path = path_of(self.server[endpoint])
        match self.client["token_endpoint_auth_method"]:
            case "client_secret_basic":
                return self.wire.form(path, form, Authorization=basic(self.id, self.secret))
            case "client_secret_post":
                form = {"client_id": self.id, "client_secret": self.secret, **form}
            case _:
                form = {"client_id": self.id, **form}
        return self.wire.form(path, form)

    def works(self, token: str) -> bool:
        """Whether a token opens the MCP endpoint."""
        status = modern(token, "tools/list").send(self.wire.port).status
        assert status in {200, 401}
        return status == 200

    def require_both(self, tokens: Held) -> None:
        """Require what an agent needs: all tools, and no signing in again after an hour."""
        assert tokens.scope == BOTH
        assert self.works(tokens.access)
        assert self.works(held(self.refresh(tokens.refresh)).access)

    def act(self, token: str, ticket: str) -> Called:
        """Do something that takes the right to write."""
        return call(token, "add_tags", ticket_id=ticket, tags=["vip"]).send(self.wire.port)


def basic(client_id: str, secret: str) -> str:
    """Return the header of a client with a secret (RFC 6749 §2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + b64encode(pair.encode()).decode()
