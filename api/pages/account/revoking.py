"""Ending access from pages: the token or the app that a form names, one's own or an agent's."""

from collections.abc import Mapping
from uuid import UUID

from api.rest.acting import Acting
from api.rest.apps import AppRevoked, find_app
from api.rest.asking import asked
from api.rest.tokens import TokenRevoked, find_token
from domain.access_tokens import RevokeToken
from domain.application import Wish
from domain.consent import RevokeApp
from domain.permissions import Scope
from domain.refusals import Code, Refused

# What a token or an app that may only read has.
READING = [Scope.TICKETS_READ]


async def end_token(acting: Acting, form: Mapping[str, str]) -> None:
    """Revoke the token that a form names, if the rules let one."""
    token = id_in(form, "token")

    async def wishes() -> list[Wish]:
        found = await find_token(acting.office.views, token)
        return [Wish(RevokeToken(agent=found.agent.id, token=token))]

    await acting.act(
        "revoke_token",
        asked(token_id=token),
        wishes,
        lambda done: TokenRevoked(token, done.changed),
        TokenRevoked,
    )


async def end_app(acting: Acting, form: Mapping[str, str]) -> None:
    """Revoke the app that a form names, if the rules let one."""
    app = id_in(form, "app")

    async def wishes() -> list[Wish]:
        found = await find_app(acting.office.views, app)
        return [Wish(RevokeApp(agent=found.agent.id, consent=app))]

    await acting.act(
        "revoke_app",
        asked(app_id=app),
        wishes,
        lambda done: AppRevoked(app, done.changed),
        AppRevoked,
    )


def id_in(form: Mapping[str, str], name: str) -> UUID:
    """Return the id that a form names; refuse with `not_found` what is none."""
    try:
        return UUID(form.get(name, ""))
    except ValueError:
        raise Refused(Code.NOT_FOUND, f"There is no such {name}.") from None
