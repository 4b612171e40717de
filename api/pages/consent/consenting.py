"""What people read when a client asks for access: who it is, where the code goes, what it may do."""

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from api.oauth.client_document import shown_name
from domain.oauth_client import OAuthClient
from domain.permissions import Permission, Scope, within
from domain.redirects import Landing, host_of, landing_of

LONGEST_NAME = 60
_LONGEST_ADDRESS = 120
# Marks on one letter: more of them grow over the lines around.
_MOST_MARKS = 2
_MARKS = frozenset({"Mn", "Me"})
# First strong isolate and its end (UAX #9 §2.4): a name turns nothing around it the other way.
_ISOLATE, _POP = "\u2068", "\u2069"

_PUBLISHED = "The app of {host}, by its document there."
_BY_ITSELF = "It registered itself, unverified."
_BY_ADMINISTRATOR = "An administrator registered it here."

_UNVERIFIED = (
    "Nobody has verified this app: its name is only what it calls itself. Go by where the access "
    "goes."
)
_ON_THIS_COMPUTER = (
    "The access goes to a program on this computer, and any program here could pretend to be this "
    "one."
)
_BY_SCHEME = (
    "The access goes to the program that opens {scheme} links on this device, whichever that is."
)
_ELSEWHERE = "Its document is at {host}, but the access goes to {where}."
_ONLY_IF = "Approve only if you began to connect it yourself, just now."


class Power(NamedTuple):
    """A scope that is asked for, in words, with what of it the person's role allows."""

    sentence: str
    permissions: tuple[str, ...]
    is_new: bool


class Shown(NamedTuple):
    """What a consent rests on: it counts for a page that showed this, and for no other."""

    client: OAuthClient
    redirect_uri: str
    scopes: tuple[Scope, ...]
    resource: str

    @property
    def digest(self) -> str:
        """SHA-256 of all that the page says about the client and its wish, in hex."""
        client = self.client
        said = (client.id, client.source, client.name, self.redirect_uri, self.resource)
        return hashlib.sha256(msgspec.json.encode([*said, *sorted(self.scopes)])).hexdigest()

    @property
    def name(self) -> str:
        return app_name(self.client.name)

    @property
    def identity(self) -> str:
        """Say how the client got known, which is not what it says of itself."""
        match self.client.source:
            case "document":
                return _PUBLISHED.format(host=self._published_at)
            case "dynamic":
                return _BY_ITSELF
            case "registered":
                return _BY_ADMINISTRATOR

    @property
    def landing(self) -> str:
        return landing_in_words(self.redirect_uri)

    @property
    def address(self) -> str:
        """Where exactly: a host may be shared by many, or send people on to anywhere."""
        uri = self.redirect_uri
        return uri if len(uri) <= _LONGEST_ADDRESS else f"{uri[: _LONGEST_ADDRESS - 1]}…"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to think of before saying yes; nothing for a client that proves who it is."""
        found: list[str] = []
        if self.client.source == "dynamic":
            found.append(_UNVERIFIED)
        match landing_of(self.redirect_uri):
            case Landing.LOOPBACK:
                found.append(_ON_THIS_COMPUTER)
            case Landing.PRIVATE:
                found.append(_BY_SCHEME.format(scheme=host_of(self.redirect_uri)))
            case Landing.HTTPS:
                where, host = host_of(self.redirect_uri), self._published_at
                if host and host != where:
                    found.append(_ELSEWHERE.format(host=host, where=where))
        return (*found, _ONLY_IF) if found else ()

    @property
    def _published_at(self) -> str:
        return host_of(self.client.id) if self.client.source == "document" else ""

    def powers(self, allowed: Iterable[Permission], before: frozenset[Scope]) -> list[Power]:
        """Say what the client could do for somebody whose role allows so much.

        `before` are the scopes that it has already.
        """
        permissions = within(allowed, self.scopes)
        return [
            Power(
                scope.sentence,
                tuple(
                    one.sentence for one in Permission if one in permissions and one.scope is scope
                ),
                is_new=bool(before) and scope not in before,
            )
            for scope in Scope
            if scope in self.scopes
        ]


def landing_in_words(redirect_uri: str, whose: str = "this") -> str:
    """Say where a redirect URI leads, by what a person can judge it by.

    `whose` computer is the person's who lets the client in: this one, while that is being asked.
    """
    where = host_of(redirect_uri)
    match landing_of(redirect_uri):
        case Landing.HTTPS:
            return where
        case Landing.LOOPBACK:
            return f"a program on {whose} computer ({where})"
        case Landing.PRIVATE:
            return f"the program that opens {where} links on {whose} device"


def app_name(name: str) -> str:
    """Return a name that an app chose as one short line, which turns no text around it."""
    kept: list[str] = []
    marks = 0
    for letter in shown_name(name, "An app without a name"):
        # By category: of those without a combining class, too, some pile up, such as Thai vowels.
        marks = marks + 1 if unicodedata.category(letter) in _MARKS else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    plain = "".join(kept)
    if len(plain) > LONGEST_NAME:
        plain = plain[: LONGEST_NAME - 1].rstrip() + "…"
    return f"{_ISOLATE}{plain}{_POP}"
