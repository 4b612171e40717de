"""What an answer, or none, means to somebody who wants to connect a client, and what to do next."""

from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

from api.connection.asking import Reply, Unanswered, Why
from api.oauth.locations import RESOURCE
from domain.redirects import LOOPBACK_HOSTS

_LONGEST = 200
_NO_SERVER_BEHIND = {
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
# What a machine may fail at that asks itself by its public name, though others need not.
_OF_THE_NETWORK = {Why.UNKNOWN_NAME, Why.REFUSED, Why.UNREACHABLE}


class Finding(NamedTuple):
    """One thing that was tried: what came of it, and what to do about it where it went wrong."""

    well: bool
    what: str
    told: str = ""
    advice: str = ""
    from_elsewhere: bool = False  # whether it may work all the same


class _Said(NamedTuple):
    told: str
    advice: str


class PublicAddress(NamedTuple):
    """The public address in the words of findings."""

    base_url: str

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    @property
    def is_this_machine(self) -> bool:
        return urlsplit(self.base_url).hostname in LOOPBACK_HOSTS

    def unanswered(self, what: str, error: Unanswered) -> Finding:
        """Say why no answer came."""
        host = self.host
        told, advice = {
            Why.UNKNOWN_NAME: _Said(
                f"The name {host} cannot be found from the server.",
                "Check PUBLIC_URL, and the name's entry in DNS.",
            ),
            Why.REFUSED: _Said(
                f"Nothing listens at {host}.",
                "Start the proxy there, or correct PUBLIC_URL.",
            ),
            Why.UNREACHABLE: _Said(
                f"The server cannot reach {host}.",
                "Check PUBLIC_URL, and the firewall between.",
            ),
            Why.UNTRUSTED: _Said(
                f"The certificate of {host} is not trusted: {error.detail}.",
                "Clients refuse it, too. Have the proxy send one that is in date, is of this name "
                "and comes with the certificates between, from an authority that they know.",
            ),
            Why.NO_TLS: _Said(
                f"{host} speaks no TLS that is known here.",
                "PUBLIC_URL says https: let the proxy serve it there, or correct PUBLIC_URL.",
            ),
            Why.NO_HTTP: _Said(
                f"{host} hung up, or did not answer in HTTP.",
                "Correct the port in PUBLIC_URL, or look at the proxy's log.",
            ),
            Why.TOO_LARGE: _Said(
                f"{host} sent more than this server ever does.",
                "Something else answers there: correct PUBLIC_URL, or where the proxy leads.",
            ),
        }[error.why]
        elsewhere = error.why in _OF_THE_NETWORK and not self.is_this_machine
        return Finding(False, what, told, advice, elsewhere)

    def too_slow(self, what: str, seconds: float) -> Finding:
        elsewhere = not self.is_this_machine
        told = f"{self.host} did not answer within {seconds:g} seconds."
        advice = "Check PUBLIC_URL, the firewall and the proxy."
        return Finding(False, what, told, advice, elsewhere)

    def unexpected(self, what: str, reply: Reply) -> Finding:
        """Say what an answer means that no client can do anything with."""
        told, advice = self._meaning(reply)
        return Finding(False, what, told, advice)

    def _meaning(self, reply: Reply) -> _Said:
        host, status = self.host, reply.status
        match status:
            case _ if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
                where = clipped(reply.headers.get("location", "nowhere"))
                return _Said(
                    f"{host} redirects to {where}.",
                    "Clients do not take a token elsewhere: make PUBLIC_URL the address where it "
                    "ends, or have the proxy hand the request on.",
                )
            case HTTPStatus.UNAUTHORIZED:
                return _Said(
                    f"{host} asks for another authentication ({_scheme(reply)}).",
                    f"Let the proxy hand on {RESOURCE} and /.well-known/ without asking: the "
                    "server asks by itself.",
                )
            case HTTPStatus.FORBIDDEN:
                return _Said(
                    f"{host} refused the request (403).",
                    "A proxy or firewall in front keeps clients out: let it hand on requests to "
                    f"{RESOURCE} as they come, with their Host and Origin.",
                )
            case HTTPStatus.MISDIRECTED_REQUEST:
                return _Said(
                    "The request came under a name that the server does not know (421).",
                    "Have the proxy hand on the Host header as it came (nginx: proxy_set_header "
                    "Host $host), or make PUBLIC_URL the name that clients use.",
                )
            case HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED:
                return _Said(
                    f"{host} answers, but has nothing there ({status}).",
                    f"Have the proxy hand on {RESOURCE} and /.well-known/ with all methods.",
                )
            case HTTPStatus.TOO_MANY_REQUESTS:
                seconds = reply.headers.get("retry-after", "")
                later = f"in {seconds} seconds" if seconds.isdecimal() else "in a minute"
                return _Said("Too many requests came from there (429).", f"Try again {later}.")
            case _ if status in _NO_SERVER_BEHIND:
                return _Said(
                    f"{host} answers, but nothing behind it ({status}).",
                    "Check where the proxy leads, and /health/ready.",
                )
            case HTTPStatus.OK:
                kind = clipped(reply.headers.get("content-type", "no type"))
                return _Said(
                    f"Something else answers at {host} ({kind}): it is no MCP server.",
                    "Correct PUBLIC_URL, or where the proxy leads.",
                )
            case _:
                return _Said(f"{host} answered with status {status}.", "Look at the proxy's log.")


def clipped(text: str) -> str:
    """Return what others wrote as one line that is short enough to show."""
    line = "".join(letter for letter in text if letter.isprintable())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _scheme(reply: Reply) -> str:
    scheme = clipped(reply.headers.get("www-authenticate", "").partition(" ")[0])
    return scheme or "it does not say which"
