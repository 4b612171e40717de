"""What pages work with, and what they read from a request: who comes, with which form."""

import contextlib
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Request

from api.connection.trying import ConnectionTest
from api.cookies import Headers, read_before, read_session
from api.csrf import FIELD, is_csrf_token, is_same_origin
from api.oauth.issuer import Issuer
from api.pages.rendering import Renderer
from api.rates import RateLimiter
from api.rest.admission import Identify
from api.services import Services
from api.sign_in.entrance import Entrance
from api.sign_in.people import Visitor
from domain.application import Unauthorized
from domain.authentication import Bearer
from domain.fact import Client
from domain.refusals import Code, Refused
from domain.secret import SESSION

Page = Request[Any, Any, Any]
Form = dict[str, str]

_FIELDS = 600  # one of them may be ticked for each department
_AT = re.compile(r"\$\.(\w+)")
_FORMS = "application/x-www-form-urlencoded"


class Sent(Form):
    """A form as it was sent: of what stands in it several times, the last counts, or `all` of it."""

    def __init__(self, fields: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(fields)
        self.fields = fields

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.fields if each == name]


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

    def before(self, request: Page) -> str:
        """Return what forms for people not signed in are tied to: the browser's own, or a new one."""
        return read_before(headers_of(request), self.base_url) or self.services.random(32).hex()

    async def form(self, request: Page, secret: str | None, *, hidden: bool = False) -> Sent:
        """Read a form that is tied to the cookie's secret. Raises `ForeignForm`.

        `hidden` as in `is_same_origin`.
        """
        if not is_same_origin(headers_of(request), self.origins, hidden=hidden):
            raise ForeignForm
        form = await _fields(request)
        if secret is None or not is_csrf_token(form.get(FIELD, ""), secret):
            raise ForeignForm
        return form

    async def keep(self, request: Page) -> None:
        """Keep what somebody who is signed in sends, for a page that must say 'not just now'."""
        with contextlib.suppress(ForeignForm, Unauthorized, Refused):
            request.state.kept = await self.form(request, self.session(request))

    async def open_form(self, request: Page, *, hidden: bool = False) -> Sent:
        """Read a form of a page for people who are not signed in. Raises `ForeignForm`."""
        before = read_before(headers_of(request), self.base_url)
        return await self.form(request, before, hidden=hidden)


def key_of(form: Form, wish: msgspec.Struct, *place: str) -> str | None:
    """Return the key under which a form that is sent twice is carried out once, if it has one.

    What was filled in is a part of it: the same form with another name is another wish.
    """
    if not form.get("key"):
        return None
    asked = msgspec.json.encode((form["key"], *place, type(wish).__name__, wish))
    return f"panel-{hashlib.sha256(asked).hexdigest()}"


def field_of(error: msgspec.ValidationError) -> str:
    """Return the name of the field that does not fit; nothing where it is none of them."""
    at = _AT.search(str(error))
    return at.group(1) if at else ""


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


def id_in(form: Form, name: str) -> UUID:
    """Return the id that a form names; refuse with `not_found` what is none."""
    try:
        return UUID(form.get(name, ""))
    except ValueError:
        raise Refused(Code.NOT_FOUND, f"There is no such {name}.") from None


def twice(form: Form) -> str:
    """Return a new password that was typed twice alike; refuse with `invalid_arguments` others."""
    password = form.get("password", "")
    if password != form.get("again", ""):
        raise Refused(Code.INVALID_ARGUMENTS, "The two passwords differ. Type the same one twice.")
    return password


async def _fields(request: Page) -> Sent:
    kind, _, _ = request.headers.get("content-type", "").partition(";")
    fields = None
    if kind.strip().lower() == _FORMS:
        with contextlib.suppress(ValueError):
            text = (await request.body()).decode("ascii")
            fields = parse_qsl(
                text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS
            )
    if fields is None:
        raise Refused(Code.INVALID_ARGUMENTS, "This is no form of ours.")
    return Sent(fields)
