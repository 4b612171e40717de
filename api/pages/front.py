"""What pages work with, and what they learn of a request: who is signed in, and whether it is ours."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from litestar import Request

from api.connection.trying import ConnectionTest
from api.cookies import Headers, read_pre_session, read_session
from api.csrf import FIELD, is_csrf_token, is_same_origin
from api.oauth.issuer import Issuer
from api.pages.form import Sent, sent_in
from api.pages.rendering import Renderer
from api.rates import RateLimiter
from api.rest.admission import Identify
from api.services import Services
from api.sign_in.entrance import Entrance
from api.sign_in.people import Visitor
from domain.application import Unauthorized
from domain.authentication import Bearer
from domain.fact import Client
from domain.refusals import Refused
from domain.secret import SESSION

Page = Request[Any, Any, Any]


class ForeignForm(Exception):  # noqa: N818 - an answer, not a fault
    """A form that is not from a page of ours, or from one that this browser did not get."""


class ForeignHost(Exception):  # noqa: N818 - likewise
    """A request for a host that is not ours."""


class Front(NamedTuple):
    """The parts of an account that pages need."""

    services: Services
    entrance: Entrance
    issuer: Issuer
    identify: Identify
    rates: RateLimiter
    renderer: Renderer
    connection: ConnectionTest
    hosts: Sequence[str]
    origins: Sequence[str]

    @property
    def base_url(self) -> str:
        return self.services.base_url

    async def bearer(self, request: Page) -> Bearer:
        """Return who is signed in, as of now. Raises `Unauthorized` where nobody is."""
        secret = self.session(request)
        visitor = visitor_of(request)
        bearer = await self.identify(secret, visitor.client, visitor.ip, prefix=SESSION)
        await self.rates.require_credential(bearer.caller.by.credential)
        await bearer.confirm()
        return bearer

    async def signed_in(self, request: Page) -> Bearer | None:
        """Return who is signed in, if anybody."""
        try:
            return await self.bearer(request)
        except Unauthorized:
            return None

    def session(self, request: Page) -> str:
        """Return the secret of the request's session. Raises `Unauthorized` when there is none."""
        secret = read_session(headers_of(request), self.base_url)
        if secret is None:
            raise Unauthorized
        return secret

    def pre_session(self, request: Page) -> str:
        """Return what forms for people not signed in are tied to: the browser's own, or a new one."""
        return (
            read_pre_session(headers_of(request), self.base_url) or self.services.random(32).hex()
        )

    async def form(self, request: Page, secret: str | None, *, hidden: bool = False) -> Sent:
        """Read a form that is tied to the cookie's secret. Raises `ForeignForm`.

        `hidden` as in `is_same_origin`.
        """
        if not is_same_origin(headers_of(request), self.origins, hidden=hidden):
            raise ForeignForm
        form = await sent_in(request)
        if secret is None or not is_csrf_token(form.get(FIELD, ""), secret):
            raise ForeignForm
        return form

    async def keep_form(self, request: Page) -> None:
        """Keep what somebody who is signed in sends, for a page that must say 'not just now'."""
        with contextlib.suppress(ForeignForm, Unauthorized, Refused):
            request.state.kept = await self.form(request, self.session(request))

    async def pre_session_form(self, request: Page, *, hidden: bool = False) -> Sent:
        """Read a form of a page for people who are not signed in. Raises `ForeignForm`."""
        secret = read_pre_session(headers_of(request), self.base_url)
        return await self.form(request, secret, hidden=hidden)


def headers_of(request: Page) -> Headers:
    return dict(request.scope["headers"])


def visitor_of(request: Page) -> Visitor:
    """Return through what and from where a request comes."""
    agent = request.headers.get("user-agent", "")[:200]
    return Visitor(
        Client(agent) if agent else None, request.client.host if request.client else None
    )


def notice_of(request: Page, notices: Mapping[str, str]) -> str:
    """Return what a page says was done, of which its address has the word."""
    return notices.get(request.query_params.get("done", ""), "")
