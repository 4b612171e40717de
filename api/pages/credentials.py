"""Apps that somebody let in, in the words of lists: who it is, where access goes, what it may do."""

from typing import NamedTuple

from api.pages.consenting import Shown
from domain.oauth_client import OAuthClient, source_of
from domain.redirects import Landing, host_of, landing_of
from domain.refusals import Refused
from projections.apps import AppLine


class AppInWords(NamedTuple):
    """`name` is what the app calls itself, `identity` who says that it is the app."""

    name: str
    identity: str
    goes_to: tuple[str, ...]
    may: tuple[str, ...]


def app_in_words(app: AppLine) -> AppInWords:
    client = OAuthClient(
        id=app.client_id,
        source=source_of(app.client_id),
        name=app.client,
        redirect_uris=tuple(app.redirect_uris),
    )
    shown = Shown(client, "", tuple(app.scopes), app.resource)
    return AppInWords(
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
