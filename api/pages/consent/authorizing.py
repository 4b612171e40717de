"""The authorization endpoint: a client's request is judged before a person answers it (OAuth 2.1 §4.1)."""

from collections.abc import Iterable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from api.cookies import clear_session
from api.oauth.client_document import DocumentRefused
from api.oauth.core import (
    Asked,
    AuthorizationRefused,
    authorization_pairs,
    client_id_of,
    error_location,
    read_authorization,
)
from api.oauth.errors import ErrorCode
from api.oauth.locations import AUTHORIZE, CONSENT
from api.pages.consent.answering import Answering
from api.pages.consent.consenting import landing_in_words
from api.pages.front import Front, Page
from api.pages.rendering import see_other
from api.pages.sign_in.entering import login_for, target_of
from domain.application import Unauthorized
from domain.authentication import Bearer
from domain.clients import ClientPolicy
from domain.consent import NONE, Consents, consents_of
from domain.oauth_client import OAuthClient, hosts_of, identity_of
from domain.permissions import Permission
from domain.redirects import host_of
from domain.refusals import Refused

_UNKNOWN = (
    "The app is not known here, or no longer. Have it forget this server, then connect it anew."
)
_FAULTY = "The app's request cannot be answered. It got nothing."
_NOT_ALLOWED = "An administrator has not allowed this app here. Ask one to allow: {hosts}."
_NOT_YOURS = "Your role does not allow you to connect apps. Ask an administrator, or go on without."
_CHANGED = "What the app asks for has changed meanwhile. Read it again."
_CHOICES = {"approve": True, "deny": False}


class _NotAllowed(Exception):  # noqa: N818 - an answer, not a fault
    """A client of hosts that are not on the administrators' list."""

    def __init__(self, hosts: Iterable[str], policy: ClientPolicy) -> None:
        super().__init__()
        self.hosts = sorted(set(hosts).difference(policy.allowed_hosts or ()))


@get(AUTHORIZE)
async def authorize(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    """Ask the person who is signed in, or go on by what is remembered."""
    judged = await _judged(request, front, request.scope["query_string"])
    return judged if isinstance(judged, Response) else await judged.go_on()


@post(CONSENT)
async def consent(request: Page, front: NamedDependency[Front]) -> Response[Any]:
    """Take the answer that was given on the page."""
    form = await front.form(request, front.session(request))
    judged = await _judged(request, front, form.get("request", "").encode())
    if isinstance(judged, Response):
        return judged
    approved = _CHOICES.get(form.get("answer", ""))
    if approved is None or form.get("shown") != judged.shown.digest:
        return await judged.page(_CHANGED)
    return await (judged.approve() if approved else judged.decline())


async def _judged(request: Page, front: Front, raw: bytes) -> Answering | Response[Any]:
    """Return what the person can answer, or the page or the way on where there is nothing.

    Before somebody is signed in, nobody is sent elsewhere (OAuth 2.1 §7.13.2) and no document is
    fetched: else strangers could use us for both.
    """
    bearer = await front.signed_in(request)
    client = None
    try:
        pairs = authorization_pairs(raw)
        client_id = client_id_of(pairs) or ""
        if bearer is None and "://" in client_id:
            return _sign_in(front, raw)
        policy = await front.issuer.clients.policy()
        client = await _find(front, client_id, bearer, policy)
        asked = read_authorization(pairs, client, front.issuer.locations)
        if bearer is None:
            return _sign_in(front, raw)
        _require_allowed(asked, policy)
        if not bearer.caller.may(Permission.TOKENS_OWN):
            return _refuse_person(front, asked)
    except AuthorizationRefused as refused:
        if client is None or refused.redirect_uri is None:
            return _faulty(front, refused)
        if bearer is None:
            return _sign_in(front, raw)
        return await _send_back(front, bearer, client, refused, refused.redirect_uri)
    except DocumentRefused as refused:
        return _refuse(front, 400, str(refused))
    except _NotAllowed as refused:
        return _refuse(front, 403, _NOT_ALLOWED.format(hosts=", ".join(refused.hosts)))
    return Answering(
        request, front, bearer, asked=asked, held=await _held(front, bearer), policy=policy, raw=raw
    )


async def _find(
    front: Front, client_id: str, bearer: Bearer | None, policy: ClientPolicy
) -> OAuthClient | None:
    """Find a client; the host of a document that is not fetched yet has to be allowed before."""
    if not client_id:
        return None
    if client_id.startswith("https://") and policy.allowed_hosts is not None:
        try:
            host = host_of(client_id)
        except Refused:
            return None
        if host not in policy.allowed_hosts:
            raise _NotAllowed({host}, policy)
    agent = bearer.caller.agent if bearer else None
    return await front.issuer.clients.find(client_id, fetch_for=agent)


def _require_allowed(asked: Asked, policy: ClientPolicy) -> None:
    if not policy.allows(asked.client, asked.redirect_uri):
        raise _NotAllowed(hosts_of(asked.client, asked.redirect_uri), policy)


async def _held(front: Front, bearer: Bearer) -> Consents:
    agent = bearer.caller.agent
    if agent is None:
        raise Unauthorized
    return (await front.services.helpdesk.states.refresh(consents_of(agent))).state or NONE


def _sign_in(front: Front, raw: bytes) -> Response[Any]:
    """Have somebody sign in and come back with the whole request."""
    return see_other(login_for(target_of(AUTHORIZE, raw)), [clear_session(front.base_url)])


async def _send_back(
    front: Front,
    bearer: Bearer,
    client: OAuthClient,
    refused: AuthorizationRefused,
    redirect_uri: str,
) -> Response[Any]:
    """Tell the client what is wrong; one that nobody vouches for, by a link only (RFC 9700 §4.11).

    Else anybody could register an address and have us send people there.
    """
    location = error_location(
        redirect_uri, refused.error, refused.description, refused.state, front.issuer.locations
    )
    identity = identity_of(client, redirect_uri).key
    held = await _held(front, bearer)
    if client.source == "registered" or any(known == identity for known, _ in held.standing):
        return see_other(location)
    return _refuse(
        front, 400, _FAULTY, refused, way=location, landing=landing_in_words(redirect_uri)
    )


def _refuse_person(front: Front, asked: Asked) -> Response[str]:
    """Tell somebody that it takes another role, with the way to tell the client that waits."""
    way = error_location(
        asked.redirect_uri,
        ErrorCode.ACCESS_DENIED,
        "The agent's role does not allow connecting apps.",
        asked.state,
        front.issuer.locations,
    )
    return _refuse(front, 403, _NOT_YOURS, way=way, landing=landing_in_words(asked.redirect_uri))


def _faulty(front: Front, refused: AuthorizationRefused) -> Response[str]:
    """Refuse where nobody may be sent anywhere (OAuth 2.1 §4.1.2.1)."""
    if refused.error is ErrorCode.INVALID_CLIENT:
        return _refuse(front, 400, _UNKNOWN, refused)
    return _refuse(front, 400, _FAULTY, refused)


def _refuse(
    front: Front,
    status: int,
    sentence: str,
    refused: AuthorizationRefused | None = None,
    *,
    way: str = "",
    landing: str = "",
) -> Response[str]:
    shown = {
        "sentence": sentence,
        "error": refused.error.value if refused else "",
        "said": refused.description if refused else "",
        "way": way,
        "landing": landing,
    }
    return front.renderer.page("consent/client_refused", shown, status=status)


ENDPOINTS = (authorize, consent)
