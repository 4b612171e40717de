"""The token and the revocation endpoint: they find, have it judged, commit, and only then answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from litestar import MediaType, Response, post
from litestar.di import NamedDependency

from api.oauth import locations
from api.oauth.client_authentication import Presented, read_presented
from api.oauth.errors import ErrorCode, OAuthProblem
from api.oauth.grants import judge_revocation, judge_token
from api.oauth.issuer import Issuer
from api.oauth.judgement import End, Found, Redeem, Repeat, Rotate
from api.oauth.parameters import Malformed, once, read_pairs
from api.oauth.store import Grant, RefreshToken, Unknown
from api.requests import WholeRequest
from domain.application import Insider, Wish
from domain.caller import insider
from domain.consent import EndGrant
from domain.oauth_client import OAuthClient
from domain.secret import APP_TOKEN, CODE, REFRESH_TOKEN, digest_of, is_well_formed

REFRESHES = 60  # a minute and grant; those that get an answer again do not count
_FORM = b"application/x-www-form-urlencoded"
_CLIENT = frozenset({"client_id", "client_secret"})
_FOR_TOKENS = _CLIENT | {
    "grant_type",
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "scope",
}
# Its hint may say anything, and changes nothing (RFC 7009 §2.1).
_FOR_REVOCATION = _CLIENT | {"token"}
_NO_STORE = {"Cache-Control": "no-store"}


class _Sent(NamedTuple):
    """A request as it was sent, with the client that it says it is from, if there is one."""

    arrived: datetime
    form: Mapping[str, str]
    resources: tuple[str, ...]
    presented: Presented
    client: OAuthClient | None


@post(locations.TOKEN, status_code=200)
async def issue_tokens(request: WholeRequest, issuer: NamedDependency[Issuer]) -> Response[bytes]:
    """Give tokens for a code, or for a refresh token (OAuth 2.1 §3.2)."""
    sent = await _read(request, issuer, _FOR_TOKENS)
    held = await _find(sent, issuer) if sent.client else None
    reply = await _carry_out(sent, held, issuer)
    return Response(reply, media_type="application/json", headers=_NO_STORE)


@post(locations.REVOKE, status_code=200)
async def revoke_token(request: WholeRequest, issuer: NamedDependency[Issuer]) -> Response[bytes]:
    """End what a token came of, whichever of its tokens it is (RFC 7009 §2)."""
    sent = await _read(request, issuer, _FOR_REVOCATION)
    token = sent.form.get("token", "")
    held = None
    if sent.client and any(is_well_formed(kind, token) for kind in (APP_TOKEN, REFRESH_TOKEN)):
        held = await issuer.store.find_issued(digest_of(token))
    end = judge_revocation(sent.form, _found(sent, held, issuer))
    if isinstance(end, End):
        await _end(end, issuer)
    return Response(b"", media_type=MediaType.TEXT, headers=_NO_STORE)


async def _read(request: WholeRequest, issuer: Issuer, known: frozenset[str]) -> _Sent:
    """Read a form; secrets in an address would be written down on the way (OAuth 2.1 §3.2.1)."""
    arrived = issuer.services.now()
    headers: list[tuple[bytes, bytes]] = list(request.scope["headers"])
    kinds = [value for name, value in headers if name == b"content-type"]
    if [kind.partition(b";")[0].strip().lower() for kind in kinds] != [_FORM]:
        raise _invalid(f"The body has to be {_FORM.decode()}.")
    if request.scope["query_string"]:
        raise _invalid("Parameters belong into the body.")
    try:
        pairs = read_pairs(await request.body())
        form = once(pairs, known)
    except Malformed as malformed:
        raise _invalid(str(malformed)) from None
    presented = read_presented([value for name, value in headers if name == b"authorization"], form)
    resources = tuple(value for name, value in pairs if name == "resource")
    client = await issuer.clients.find(presented.client_id)
    return _Sent(arrived, form, resources, presented, client)


async def _find(sent: _Sent, issuer: Issuer) -> Grant | RefreshToken | None:
    """Look up what the request is about; what cannot be a secret of ours costs no look."""
    form = sent.form
    match form.get("grant_type"):
        case "authorization_code" if is_well_formed(CODE, code := form.get("code", "")):
            return await issuer.store.find_grant(digest_of(code))
        case "refresh_token" if is_well_formed(REFRESH_TOKEN, old := form.get("refresh_token", "")):
            return await issuer.store.find_refresh_token(digest_of(old))
        case _:
            return None


async def _carry_out(sent: _Sent, held: Grant | RefreshToken | None, issuer: Issuer) -> bytes:
    """Commit what is judged, and return the answer; judge again where somebody was faster."""
    policy = await issuer.clients.policy()
    while True:
        found = _found(sent, held, issuer)
        judged = judge_token(sent.form, sent.resources, found)
        if sent.client and held and not policy.allows(sent.client, _grant_of(held).redirect_uri):
            # Said only to whoever proved to be the client, and holds something of ours.
            raise _invalid_grant("An administrator does not allow this app any more.")
        match judged:
            case Redeem(grant, issued, reply):
                if await issuer.store.redeem(grant, issued, found.now):
                    return reply
                raise _invalid_grant("The code was redeemed, or its grant ended, just now.")
            case Rotate(issued, reply, sealed):
                old = digest_of(sent.form["refresh_token"])
                await _require_rest(held, issuer)
                try:
                    held = await issuer.store.rotate(old, issued, sealed, found.now)
                except Unknown:
                    raise _invalid_grant("The grant was ended just now.") from None
                if held is None:
                    return reply
            case Repeat(reply):
                return reply
            case End() as end:
                await _end(end, issuer)
                raise _invalid_grant("This was used before, so all that came of it has ended.")


async def _require_rest(held: Grant | RefreshToken | None, issuer: Issuer) -> None:
    """Refuse an app that refreshes without end: each time leaves rows for weeks. Raises `RateLimited`."""
    if held:
        await issuer.rates.require("refresh", str(_grant_of(held).id), REFRESHES)


def _grant_of(held: Grant | RefreshToken) -> Grant:
    return held.grant if isinstance(held, RefreshToken) else held


def _found(sent: _Sent, held: Grant | RefreshToken | None, issuer: Issuer) -> Found:
    services = issuer.services
    return Found(
        presented=sent.presented,
        client=sent.client,
        held=held,
        locations=issuer.locations,
        arrived=sent.arrived,
        now=services.now(),
        random=services.random,
    )


async def _end(end: End, issuer: Issuer) -> None:
    grant = end.grant
    command = EndGrant(agent=grant.agent, consent=grant.consent, grant=grant.id, why=end.why)
    await issuer.services.helpdesk.execute(Insider(insider("system")), Wish(command))


def _invalid(description: str) -> OAuthProblem:
    return OAuthProblem(400, ErrorCode.INVALID_REQUEST, description)


def _invalid_grant(description: str) -> OAuthProblem:
    return OAuthProblem(400, ErrorCode.INVALID_GRANT, description)


ENDPOINTS = [issue_tokens, revoke_token]
