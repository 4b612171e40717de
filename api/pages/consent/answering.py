"""The answer to an app: remembered, or given on a page by the person; recorded, and sent to the app."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.datastructures import Cookie
from msgspec import Struct
from msgspec.structs import replace

from api.cookies import read_browser, set_browser
from api.csrf import csrf_token
from api.oauth.core import CODE_SECONDS, Asked, error_location, success_location
from api.oauth.errors import ErrorCode
from api.oauth.locations import AUTHORIZE, CONSENT
from api.pages.consent.consenting import Shown
from api.pages.front import Front, Page, headers_of
from api.pages.rendering import see_other
from api.pages.sign_in.entering import login_for, target_of
from api.rest.acting import Acting
from domain.agent.rules import AGENT
from domain.application import Unauthorized, Wish
from domain.authentication import Bearer
from domain.clients import ClientPolicy
from domain.consent import (
    ApproveApp,
    Consent,
    Consents,
    ContinueApp,
    DeclineApp,
    remembered,
    standing,
)
from domain.decider import Ref
from domain.ledger import NewGrant
from domain.oauth_client import identity_of
from domain.refusals import Code, Refused
from domain.secret import CODE, digest_of, encode_secret

# A minute and person. Any site may send a browser here again and again, and each time is recorded.
SILENTLY = 30
_DECLINED = "The person said no."


class Answered(Struct, frozen=True):
    """What is recorded as the outcome of an answer."""

    changed: bool


class Answering:
    """One request of a client, all of it judged, before the person who is signed in."""

    def __init__(
        self,
        request: Page,
        front: Front,
        bearer: Bearer,
        *,
        asked: Asked,
        held: Consents,
        policy: ClientPolicy,
        raw: bytes,
    ) -> None:
        self._front = front
        self._services = front.services
        self._acting = Acting(bearer, front.services)
        self._csrf = csrf_token(front.session(request))
        self._asked = asked
        self._held = held
        self._policy = policy
        self._raw = raw
        headers = headers_of(request)
        self._browser = read_browser(headers, front.base_url)
        # What a page frames or fetches behind somebody's back (Fetch Metadata §2.1) is not looked
        # at, nor what is fetched ahead (`Sec-Purpose`); older browsers do not tell.
        shown = headers.get(b"sec-fetch-dest") in {None, b"document"}
        self._is_seen = shown and b"sec-purpose" not in headers
        self._is_proved = identity_of(asked.client, asked.redirect_uri).proved
        self.shown = Shown(asked.client, asked.redirect_uri, asked.scopes, asked.resource)

    async def go_on(self) -> Response[Any]:
        """Send a code where that is remembered (OAuth 2.1 §7.3.1), else ask. Raises `RateLimited`."""
        browser = _digest(self._browser) if self._browser else None
        command = ContinueApp(
            **self._wish(), grant=self._services.new_id(), lives=True, browser=browser
        )
        consent = remembered(self._held, self._policy, command)
        if consent is None or self._asked.always or not self._is_seen:
            return await self.page()
        await self._front.rates.require("connection", str(self._acting.agent), SILENTLY)
        if not self._is_proved:
            lives = await self._front.issuer.store.has_living_grant(
                consent.id, self._services.now()
            )
            command = replace(command, lives=lives)
        try:
            return await self._connect("continue_app", command)
        except Refused as refused:
            if refused.code is not Code.PERMISSION_DENIED:
                raise
            return await self.page()

    async def page(self, notice: str = "") -> Response[str]:
        """Ask."""
        caller, shown = self._acting.caller, self.shown
        agent = (await self._services.helpdesk.states.refresh(Ref(AGENT, self._acting.agent))).state
        if agent is None:
            raise Unauthorized
        consent = self._standing()
        return self._front.renderer.page(
            "consent/consent",
            {
                "app": shown.name,
                "identity": shown.identity,
                "landing": shown.landing,
                "address": shown.address,
                "warnings": shown.warnings,
                "powers": shown.powers(caller.granted, consent.scopes if consent else frozenset()),
                "name": agent.name,
                "email": agent.email or "",
                "role": caller.by.role,
                "other": f"{login_for(target_of(AUTHORIZE, self._raw))}&again",
                "action": CONSENT,
                "csrf": self._csrf,
                "request": self._raw.decode("ascii"),
                "shown": shown.digest,
                "notice": notice,
            },
            leads_out=True,
        )

    async def approve(self) -> Response[Any]:
        """Send a code, and remember that."""
        browser = None
        if not self._is_proved:
            browser = self._browser = self._browser or self._services.random(32).hex()
        command = ApproveApp(
            **self._wish(),
            consent=self._services.new_id(),
            grant=self._services.new_id(),
            browser=_digest(browser) if browser else None,
        )
        return await self._connect("authorize_app", command)

    async def decline(self) -> Response[Any]:
        """Send the refusal; what stands already stays."""
        asked = self._asked
        await self._act("decline_app", Wish(DeclineApp(**self._wish())))
        location = error_location(
            asked.redirect_uri,
            ErrorCode.ACCESS_DENIED,
            _DECLINED,
            asked.state,
            self._front.issuer.locations,
        )
        return see_other(location)

    async def _connect(self, operation: str, command: ApproveApp | ContinueApp) -> Response[Any]:
        asked, services = self._asked, self._services
        code = encode_secret(CODE, services.random(32))
        new = NewGrant(
            id=command.grant,
            agent=command.agent,
            client_id=asked.client.id,
            client_name=asked.client.name,
            redirect_uri=asked.redirect_uri,
            redirect_given=asked.redirect_given,
            scopes=asked.scopes,
            resource=asked.resource,
            challenge=asked.challenge,
            code_digest=digest_of(code).hex(),
            code_expires_at=services.now() + timedelta(seconds=CODE_SECONDS),
        )
        await self._act(operation, Wish(command, grant=new))
        return see_other(
            success_location(asked, code, self._front.issuer.locations), self._cookies()
        )

    async def _act(self, operation: str, wish: Wish) -> None:
        asked = self._asked
        arguments = {
            "client_id": asked.client.id,
            "redirect_uri": asked.redirect_uri,
            "scopes": list(asked.scopes),
            "resource": asked.resource,
        }
        await self._acting.act(
            operation, arguments, [wish], lambda done: Answered(done.changed), Answered
        )

    def _wish(self) -> dict[str, Any]:
        """Return what all commands about an app say."""
        asked = self._asked
        return {
            "agent": self._acting.agent,
            "client": asked.client,
            "redirect_uri": asked.redirect_uri,
            "resource": asked.resource,
            "scopes": asked.scopes,
        }

    def _standing(self) -> Consent | None:
        return standing(self._held, DeclineApp(**self._wish()))

    def _cookies(self) -> Sequence[Cookie]:
        """Return the cookie that an unproved client is remembered by, for another year."""
        if self._is_proved or self._browser is None:
            return ()
        return [set_browser(self._browser, self._front.base_url)]


def _digest(browser: str) -> str:
    """Return the SHA-256 of a browser's 256 bits, in hex, as facts have it."""
    return hashlib.sha256(bytes.fromhex(browser)).hexdigest()
