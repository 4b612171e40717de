"""Settings: each declared once with its environment variable, meaning and default; read once."""

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta

from domain.account import Account
from domain.budget import CALLS_PER_SEAT, CallsPerSeat
from infra.oauth.pinned import PinnedError, read_pinned

_RATE = 1_000_000


class SettingsError(Exception):
    """A setting cannot be used; the text says which and why, in one line."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """What the server can be told from outside. The field's upper case is the variable's name."""

    database_url: Annotated[
        str, Meta(description="PostgreSQL to use, 15 to 18; a pooler is fine. Empty: the embedded.")
    ] = ""
    database_direct_url: Annotated[
        str,
        Meta(
            description="The same past the pooler, for LISTEN and session locks. Empty: the same."
        ),
    ] = ""
    public_url: Annotated[
        str,
        Meta(
            description="Where clients reach the server, scheme and host; https for OAuth, off "
            "the machine itself. Empty: as bound."
        ),
    ] = ""
    trusted_proxies: Annotated[
        str,
        Meta(
            description="Proxies whose X-Forwarded-For is believed: their addresses or networks, "
            "by commas."
        ),
    ] = "127.0.0.1,::1"
    account: Annotated[str, Meta(description="The account, a pair of schemas.")] = "main"
    host: Annotated[str, Meta(description="Address to bind.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to bind.")] = 8080
    workers: Annotated[int, Meta(ge=1, le=64, description="Server processes.")] = 1
    pool_size: Annotated[
        int,
        Meta(ge=2, le=200, description="Database connections of a process for reading, at most."),
    ] = 24
    rate_per_credential: Annotated[
        int, Meta(ge=0, le=_RATE, description="Requests a minute of one credential. 0: any number.")
    ] = 1_200
    rate_per_address: Annotated[
        int,
        Meta(
            ge=0,
            le=_RATE,
            description="Requests a minute of one address, or IPv6 network of 64 bits. "
            "0: any number.",
        ),
    ] = 6_000
    session_idle_hours: Annotated[
        int, Meta(ge=1, le=720, description="Hours unused after which somebody must sign in again.")
    ] = 24
    session_days: Annotated[
        int, Meta(ge=1, le=365, description="Days after which somebody must sign in again, anyway.")
    ] = 14
    calls_per_seat: Annotated[
        CallsPerSeat,
        Meta(
            description="Tool calls a month that each seat of a new account brings. Later: "
            "`deskledger budget calls-per-seat`."
        ),
    ] = CALLS_PER_SEAT
    client_documents: Annotated[
        str,
        Meta(
            description="OAuth clients' metadata documents that are never fetched: a JSON file, or "
            "a folder of them."
        ),
    ] = ""
    insecure_client_hosts: Annotated[
        str,
        Meta(
            description="For tests only, as it lets clients be forged: `host:port` of this machine "
            "that may serve such documents over plain http, by commas."
        ),
    ] = ""

    @property
    def direct_url(self) -> str:
        return self.database_direct_url or self.database_url

    @property
    def base_url(self) -> str:
        """Where clients reach the server, without a slash at its end."""
        if self.public_url:
            public = urlsplit(self.public_url)
            return f"{public.scheme}://{_netloc(public)}"
        # Bound to all addresses, it is reached by loopback at least.
        host = "127.0.0.1" if self.host in _ALL_ADDRESSES else self.host.lower()
        return f"http://{_with_port(f'[{host}]' if ':' in host else host, self.port)}"

    @property
    def hosts(self) -> list[str]:
        """The Host headers that are ours: the public one, and loopback on the bound port."""
        public = urlsplit(self.base_url)
        # Proxies may name the port that browsers leave out.
        own = [public.netloc] if public.port else [public.netloc, _with_own_port(public)]
        loopback = (_with_port(name, self.port) for name in _LOOPBACK)
        return list(dict.fromkeys([*own, *loopback]))

    @property
    def origins(self) -> list[str]:
        """The Origin headers that are ours; programs other than browsers send none."""
        public = urlsplit(self.base_url)
        own = f"{public.scheme}://{public.netloc}"
        loopback = (f"http://{_with_port(name, self.port)}" for name in _LOOPBACK)
        return list(dict.fromkeys([own, *loopback]))

    @property
    def proxies(self) -> list[str]:
        """The addresses and networks of `trusted_proxies`."""
        return _listed(self.trusted_proxies)

    @property
    def insecure_hosts(self) -> frozenset[str]:
        """The `host:port` of `insecure_client_hosts`."""
        return frozenset(_listed(self.insecure_client_hosts))

    @property
    def is_open_to_all(self) -> bool:
        """Whether it is bound to all addresses, but nothing says by which name it is reached."""
        return self.host in _ALL_ADDRESSES and not self.public_url

    @property
    def environment(self) -> dict[str, str]:
        """The variables from which another process reads the same settings."""
        return {name: str(value) for name, value in msgspec.to_builtins(self).items()}


_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_ALL_ADDRESSES = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound
_HTTP = 80
_OWN_PORTS = {"http": _HTTP, "https": 443}


def _listed(words: str) -> list[str]:
    return [each.strip() for each in words.split(",") if each.strip()]


def _with_port(host: str, port: int) -> str:
    """Write host and port as clients do, who leave the scheme's own port out."""
    return host if port == _HTTP else f"{host}:{port}"


def _netloc(url: SplitResult) -> str:
    """Write host and port as browsers do: in lower case, without the scheme's own port."""
    host = url.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if url.port in {None, _OWN_PORTS[url.scheme]} else f"{host}:{url.port}"


def _with_own_port(url: SplitResult) -> str:
    return f"{url.netloc}:{_OWN_PORTS[url.scheme]}"


def read_settings(environment: Mapping[str, str], **given: object) -> Settings:
    """Read settings from the environment; what is `given` (and not None) goes before it.

    Raises `SettingsError`.
    """
    names = Settings.__struct_encode_fields__
    found: dict[str, object] = {name: environment[name] for name in names if environment.get(name)}
    found |= {name.upper(): value for name, value in given.items() if value is not None}
    try:
        settings = msgspec.convert(found, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"a setting cannot be used: {error}") from None
    if settings.public_url:
        _require_address(settings.public_url)
    for proxy in settings.proxies:
        _require_proxy(proxy)
    try:
        Account.named(settings.account)
    except ValueError as error:
        raise SettingsError(f"ACCOUNT cannot be used: {error}") from None
    try:
        read_pinned(settings.client_documents)
    except PinnedError as error:
        raise SettingsError(f"CLIENT_DOCUMENTS cannot be used: {error}") from None
    for host in settings.insecure_hosts:
        _require_loopback(host)
    return settings


def _require_address(url: str) -> None:
    try:
        public = urlsplit(url)
        named = public.scheme in _OWN_PORTS and bool(public.hostname)
        plain = url.isascii() and public.port != 0 and "@" not in public.netloc
    except ValueError as error:
        raise SettingsError(f"PUBLIC_URL cannot be used: {error}") from None
    if not named:
        raise SettingsError("PUBLIC_URL must begin with http:// or https:// and name a host")
    if not plain or public.path not in {"", "/"} or public.query or public.fragment:
        raise SettingsError(
            "PUBLIC_URL must be scheme, host and at most a port, in ASCII: "
            "international names as xn--…"
        )


def _require_loopback(host: str) -> None:
    name, _, port = host.rpartition(":")
    if name not in _LOOPBACK or not re.fullmatch(r"[1-9]\d{0,4}", port):
        raise SettingsError(
            f"INSECURE_CLIENT_HOSTS cannot have {host}: only the host and port of a test on this "
            "machine, such as 127.0.0.1:9000"
        )


def _require_proxy(proxy: str) -> None:
    try:
        # What anybody may say of himself is no address: then each has as many as they like.
        everybody = proxy == "*" or ("/" in proxy and not ip_network(proxy).prefixlen)
        if not everybody and "/" not in proxy:
            ip_address(proxy)
    except ValueError as error:
        raise SettingsError(f"TRUSTED_PROXIES cannot be used: {error}") from None
    if everybody:
        raise SettingsError(
            f"TRUSTED_PROXIES cannot be {proxy}: everybody could say any address is his. "
            "Name the proxies' own addresses or networks"
        )
