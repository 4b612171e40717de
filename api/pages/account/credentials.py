"""Apps that somebody let in, in the words of lists: who it is, where access goes, what it may do."""

from typing import NamedTuple
from uuid import UUID

from api.pages.consent.consenting import Shown
from api.rest.acting import Office
from api.rest.apps import apps_of
from domain.oauth_client import OAuthClient, source_of
from domain.permissions import Scope
from domain.redirects import Landing, host_of, landing_of
from domain.refusals import Refused
from projections.apps import AppLine

# What a token or an app that may only read has.
READING = [Scope.TICKETS_READ]


class AppInWords(NamedTuple):
    """`name` is what the app calls itself, `identity` who says that it is the app."""

    line: AppLine
    name: str
    identity: str
    goes_to: tuple[str, ...]
    may: tuple[str, ...]


async def apps_in_words(office: Office, agent: UUID) -> list[AppInWords]:
    """Return the apps that an agent let in."""
    return [_in_words(app) for app in await apps_of(office, agent)]


def _in_words(app: AppLine) -> AppInWords:
    client = OAuthClient(
        id=app.client_id,
        source=source_of(app.client_id),
        name=app.client,
        redirect_uris=tuple(app.redirect_uris),
    )
    shown = Shown(client, "", tuple(app.scopes), app.resource)
    return AppInWords(
        app,
        shown.name,
        shown.identity,
        tuple(dict.fromkeys(map(_landing, app.redirect_uris))),
        tuple(scope.sentence for scope in app.scopes),
    )


def _landing(uri: str) -> str:
    """Say where codes go; what the rules would refuse today is told as it is."""
    try:
        where = host_of(uri)
        match landing_of(uri):
            case Landing.HTTPS:
                return where
            case Landing.LOOPBACK:
                return f"a program on one's own computer ({where})"
            case Landing.PRIVATE:
                return f"the program that opens {where} links"
    except Refused:
        return uri
