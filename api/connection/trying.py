"""Trying the public address as a client does: with a token, or without, to find where to get one."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import Struct, field

from api.connection.asking import Ask, Reply, Unanswered
from api.connection.judging import Finding, PublicAddress, clipped
from api.oauth.locations import RESOURCE, RESOURCE_METADATA, SERVER_METADATA, Locations
from api.snippets import listing_tools

T = TypeVar("T")
Step = tuple[str, Callable[[], Awaitable[Finding]]]

_ENDPOINT = "MCP endpoint"
_RESOURCE = "Metadata of the protected resource"
_SERVER = "Metadata of the authorization server"
_HTTPS = "Encryption"
_HINT = re.compile(r'resource_metadata="([^"]*)"')
_MOST_TOOLS = 200
SECONDS = 5.0  # for all of it


class Tried(NamedTuple):
    """What came of it: findings in order, and with a token the tools that it is good for."""

    findings: tuple[Finding, ...]
    tools: tuple[str, ...] = ()
    milliseconds: int = 0

    @property
    def well(self) -> bool:
        return all(finding.well for finding in self.findings)

    @property
    def from_elsewhere(self) -> bool:
        """Whether a client on another machine may fare better."""
        return any(finding.from_elsewhere for finding in self.findings)


class _Tool(Struct):
    name: str


class _Tools(Struct):
    tools: list[_Tool]


class _Listed(Struct):
    result: _Tools


class _Error(Struct):
    code: int
    message: str


class _Failed(Struct):
    error: _Error


class _Resource(Struct):
    resource: str
    servers: list[str] = field(name="authorization_servers")


class _Server(Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    challenge_methods: list[str] = field(name="code_challenge_methods_supported")
    registration_endpoint: str = ""


class ConnectionTest:
    """Asks the public address only: nothing that anybody sends leads anywhere else."""

    def __init__(self, ask: Ask, base_url: str, seconds: float = SECONDS) -> None:
        self._ask = ask
        self._at = Locations(base_url)
        self._address = PublicAddress(base_url)
        self._seconds = seconds

    async def with_token(self, token: str) -> Tried:
        """List the tools with a token; nothing of what is returned holds it."""
        headers, body = listing_tools()
        replies: list[Reply] = []

        async def listing() -> Finding:
            sent = {**headers, "Authorization": f"Bearer {token}"}
            reply = await self._ask("POST", RESOURCE, sent, body.encode())
            replies.append(_silenced(reply, token))
            listed = _read(replies[0], _Listed)
            return self._refused(replies[0]) if listed is None else Finding(True, _ENDPOINT)

        found = await self._tried((_ENDPOINT, listing))
        listed = _read(replies[0], _Listed) if replies else None
        if listed is None:
            return Tried(found)
        tools = tuple(clipped(tool.name) for tool in listed.result.tools[:_MOST_TOOLS])
        return Tried(found, tools, round(replies[0].seconds * 1000))

    async def without_token(self) -> Tried:
        """Go the way of a client that has the URL alone, up to where a person signs in."""
        return Tried(
            await self._tried(
                (_ENDPOINT, self._challenge),
                (_RESOURCE, self._resource),
                (_SERVER, self._server),
                (_HTTPS, self._encryption),
            )
        )

    async def _tried(self, *steps: Step) -> tuple[Finding, ...]:
        """Take steps until one goes wrong, or time is up."""
        found: list[Finding] = []
        try:
            async with asyncio.timeout(self._seconds):
                for _, step in steps:
                    found.append(await step())
                    if not found[-1].well:
                        break
        except TimeoutError:
            found.append(self._address.too_slow(steps[len(found)][0], self._seconds))
        except Unanswered as error:
            found.append(self._address.unanswered(steps[len(found)][0], error))
        return tuple(found)

    async def _challenge(self) -> Finding:
        """Expect to be told where to get a token (RFC 9728 §5.1)."""
        headers, body = listing_tools()
        reply = await self._ask("POST", RESOURCE, headers, body.encode())
        hint = _hint(reply)
        if reply.status != HTTPStatus.UNAUTHORIZED or hint is None:
            return self._address.unexpected(_ENDPOINT, reply)
        if hint != self._at.resource_metadata:
            return _of_another(_ENDPOINT, hint, self._at.resource_metadata)
        told = "It asks for a token, as it should, and says where to get one."
        return Finding(True, _ENDPOINT, told)

    async def _resource(self) -> Finding:
        reply = await self._ask("GET", RESOURCE_METADATA, {"Accept": "application/json"})
        metadata = _read(reply, _Resource)
        if metadata is None:
            return self._address.unexpected(_RESOURCE, reply)
        if metadata.resource != self._at.resource:
            return _of_another(_RESOURCE, metadata.resource, self._at.resource)
        if metadata.servers != [self._at.issuer]:
            return _of_another(_RESOURCE, ", ".join(metadata.servers), self._at.issuer)
        return Finding(
            True, _RESOURCE, f"It is of {metadata.resource}, whose tokens {self._at.issuer} issues."
        )

    async def _server(self) -> Finding:
        reply = await self._ask("GET", SERVER_METADATA, {"Accept": "application/json"})
        metadata = _read(reply, _Server)
        if metadata is None:
            return self._address.unexpected(_SERVER, reply)
        for said, ours in (
            (metadata.issuer, self._at.issuer),
            (metadata.authorization_endpoint, self._at.authorize),
            (metadata.token_endpoint, self._at.token),
        ):
            if said != ours:
                return _of_another(_SERVER, said, ours)
        if "S256" not in metadata.challenge_methods:
            return self._address.unexpected(_SERVER, reply)
        who = (
            "Clients may register themselves."
            if metadata.registration_endpoint
            else "Clients that nobody registered need a document of their own."
        )
        return Finding(True, _SERVER, f"People sign in at {metadata.authorization_endpoint}. {who}")

    async def _encryption(self) -> Finding:
        if self._at.is_safe:
            where = "stays on this machine" if self._address.is_this_machine else "goes by https"
            return Finding(True, _HTTPS, f"All of it {where}.")
        return Finding(
            False,
            _HTTPS,
            "All of it goes by http: clients do not sign anybody in so.",
            "Put a proxy with a certificate in front, and its https address into PUBLIC_URL. "
            "Until then clients connect with an access token, which anybody on the way can read.",
        )

    def _refused(self, reply: Reply) -> Finding:
        """Say why a request with a token lists nothing."""
        if failed := _read(reply, _Failed):
            told = f"It answered with an error: {clipped(failed.error.message)}"
            return Finding(False, _ENDPOINT, told, "Look at the server's log.")
        if reply.status == HTTPStatus.UNAUTHORIZED and _hint(reply) is not None:
            if 'error="invalid_token"' in reply.headers["www-authenticate"]:
                return Finding(
                    False,
                    _ENDPOINT,
                    "It does not take this token: it is unknown, revoked or past its time (401).",
                    "Generate one, or replace the old one in the list, and give that to the client.",
                )
            return Finding(
                False,
                _ENDPOINT,
                "The token did not arrive (401).",
                "Something in between takes the Authorization header away: have the proxy hand it "
                "on.",
            )
        return self._address.unexpected(_ENDPOINT, reply)


def _silenced(reply: Reply, token: str) -> Reply:
    """Return a reply without the token, which whoever answers may say again."""
    headers = {name: value.replace(token, "…") for name, value in reply.headers.items()}
    return reply._replace(headers=headers, body=reply.body.replace(token.encode(), "…".encode()))


def _of_another(what: str, said: str, ours: str) -> Finding:
    return Finding(
        False,
        what,
        f"It names {clipped(said)}, not {ours}.",
        "Another server answers there, or one with another PUBLIC_URL: clients do not follow.",
    )


def _hint(reply: Reply) -> str | None:
    found = _HINT.search(reply.headers.get("www-authenticate", ""))
    return found[1] if found else None


def _read(reply: Reply, kind: type[T]) -> T | None:
    """Read a JSON answer of that kind; None where it is another, or none."""
    if reply.status != HTTPStatus.OK:
        return None
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
