"""Fetching clients' documents: only from the public internet, pinned, timed, and never elsewhere."""

import asyncio
from collections.abc import Sequence

import httpcore2
import pytest

from api.oauth.client_document import DocumentRefused, Unreachable
from infra.oauth.fetching import (
    MOST_ADDRESSES,
    SECONDS,
    DocumentFetch,
    Resolve,
)
from tests.oauth.oauth_plain import fetch_plain
from tests.oauth.oauth_site import PUBLIC, Authority, Internet, answer, never, site

pytestmark = pytest.mark.anyio


NAME = "app.example"


URL = f"https://{NAME}/client.json"


OTHER = "198.41.0.4"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def resolving(*answers: Sequence[str]) -> Resolve:
    """Return a resolver that gives other addresses each time it is asked."""
    given = iter(answers)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return next(given)

    return resolve


async def test_the_address_that_was_judged_is_dialled_for_the_name(authority: Authority) -> None:
    async with site(answer(b"{}"), authority.server(NAME)) as served:
        internet = Internet(served.port)
        fetch = DocumentFetch(
            resolve=resolving([PUBLIC]), tls=authority.trusted(), network=internet
        )
        fetched = await fetch(f"https://{NAME}/a%2Fb/client.json?v=1&w=")
    assert fetched.body == b"{}"
    assert fetched.headers["content-type"] == "application/json"
    assert internet.dialled == [(PUBLIC, 443)]
    assert served.names == [NAME]
    head, *headers = served.requests[0].decode().rstrip().split("\r\n")
    assert head == "GET /a%2Fb/client.json?v=1&w= HTTP/1.1"
    assert sorted(headers) == [
        "Accept-Encoding: identity",
        "Accept: application/json",
        "Connection: close",
        f"Host: {NAME}",
        "User-Agent: Deskledger",
    ]


async def test_a_name_that_changes_its_address_meanwhile_gains_nothing(
    authority: Authority,
) -> None:
    async with site(answer(b"{}"), authority.server(NAME)) as served:
        internet = Internet(served.port)
        fetch = DocumentFetch(
            resolve=resolving([PUBLIC], ["127.0.0.1"]), tls=authority.trusted(), network=internet
        )
        await fetch(URL)
        with pytest.raises(DocumentRefused, match="not on the public internet"):
            await fetch(URL)
    assert internet.dialled == [(PUBLIC, 443)]


@pytest.mark.parametrize("bad", ["127.0.0.1", "10.0.0.1", "::1", "fe80::1%eth0", "64:ff9b::a00:1"])
async def test_one_address_of_special_use_spoils_the_others(bad: str) -> None:
    internet = Internet(1)
    for addresses in ([PUBLIC, bad], [bad, PUBLIC]):
        with pytest.raises(DocumentRefused, match=f"{NAME} is not on the public internet"):
            await DocumentFetch(resolve=resolving(addresses), network=internet)(URL)
    assert internet.dialled == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "0.0.0.0",  # noqa: S104 - asked for, not bound
        "169.254.169.254",
        "10.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[fd00::1]",
        "[ff02::1]",
    ],
)
async def test_an_address_for_a_name_is_judged_like_any_other(host: str) -> None:
    internet = Internet(1)
    with pytest.raises(DocumentRefused, match="not on the public internet"):
        await DocumentFetch(network=internet)(f"https://{host}/client.json")
    assert internet.dialled == []


async def test_a_certificate_for_another_name_is_none(authority: Authority) -> None:
    async with site(answer(b"{}"), authority.server("other.example")) as served:
        fetch = DocumentFetch(
            resolve=resolving([PUBLIC]), tls=authority.trusted(), network=Internet(served.port)
        )
        with pytest.raises(Unreachable, match="no valid certificate for its name"):
            await fetch(URL)
    assert served.requests == []


async def test_a_certificate_that_nobody_vouches_for_is_none(authority: Authority) -> None:
    async with site(answer(b"{}"), authority.server(NAME)) as served:
        fetch = DocumentFetch(resolve=resolving([PUBLIC]), network=Internet(served.port))
        with pytest.raises(Unreachable, match="no valid certificate for its name"):
            await fetch(URL)
    assert served.requests == []


async def test_a_site_without_tls_is_told_so() -> None:
    async with site(answer(b"{}")) as served:
        fetch = DocumentFetch(resolve=resolving([PUBLIC]), network=Internet(served.port))
        with pytest.raises(Unreachable, match="speaks no TLS"):
            await fetch(URL)


async def test_the_next_address_is_tried_where_one_is_dead(authority: Authority) -> None:
    async with site(answer(b"{}"), authority.server(NAME)) as served:
        internet = Internet(served.port, dead=[OTHER])
        fetch = DocumentFetch(
            resolve=resolving([OTHER, OTHER, PUBLIC]), tls=authority.trusted(), network=internet
        )
        assert (await fetch(URL)).body == b"{}"
    assert internet.dialled == [(OTHER, 443), (PUBLIC, 443)]


async def test_few_of_many_addresses_are_tried() -> None:
    many = [f"93.184.{number // 250}.{number % 250}" for number in range(1_000)]
    internet = Internet(1, dead=many)
    with pytest.raises(Unreachable):
        await DocumentFetch(resolve=resolving(many), network=internet)(URL)
    assert [address for address, _ in internet.dialled] == many[:MOST_ADDRESSES]


async def test_a_site_that_is_down_is_unreachable() -> None:
    fetch = DocumentFetch(resolve=resolving([PUBLIC]), network=Internet(1, dead=[PUBLIC]))
    with pytest.raises(Unreachable, match=f"{NAME} cannot be reached"):
        await fetch(URL)


@pytest.mark.parametrize("host", ["no-such-name.invalid", f"{'x' * 64}.example"])
async def test_a_name_that_does_not_exist_is_unreachable(host: str) -> None:
    with pytest.raises(Unreachable, match="cannot be found"):
        await DocumentFetch()(f"https://{host}/client.json")


async def test_a_name_without_addresses_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="cannot be found"):
        await DocumentFetch(resolve=resolving([]))(URL)


async def test_environment_variables_lead_nowhere_else(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with site(answer(b"{}"), authority.server(NAME)) as served:
        internet = Internet(served.port)
        fetch = DocumentFetch(
            resolve=resolving([PUBLIC]), tls=authority.trusted(), network=internet
        )
        await fetch(URL)
    assert internet.dialled == [(PUBLIC, 443)]


@pytest.mark.parametrize("url", [f"https://{NAME}:8443/c", f"https://{NAME}:22/c"])
async def test_no_other_port_is_asked(url: str) -> None:
    with pytest.raises(DocumentRefused, match="on port 443 only"):
        await DocumentFetch(resolve=resolving([PUBLIC]))(url)


async def test_plain_http_is_for_named_ports_of_this_machine() -> None:
    async with site(answer(b"{}")) as served:
        with pytest.raises(DocumentRefused, match="over https only"):
            await DocumentFetch()(served.url())
        with pytest.raises(DocumentRefused, match="over https only"):
            await DocumentFetch(frozenset({"127.0.0.1:1"}))(served.url())
        assert served.requests == []
        assert (await DocumentFetch(frozenset({served.host}))(served.url())).body == b"{}"
    assert f"Host: {served.host}".encode() in served.requests[0]


async def test_a_name_for_this_machine_must_be_of_it() -> None:
    plain = frozenset({"localhost:9000"})
    fetch = DocumentFetch(plain, resolving([PUBLIC]), network=Internet(1))
    with pytest.raises(DocumentRefused, match="not on the public internet"):
        await fetch("http://localhost:9000/client.json")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{",
    ],
)
async def test_whoever_is_slow_is_left(head: bytes) -> None:
    with pytest.raises(Unreachable, match=r"took longer than 0\.2 s"):
        await fetch_plain(never(head), seconds=0.2)


async def test_a_name_that_never_resolves_takes_of_the_same_time() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return await asyncio.get_running_loop().create_future()

    with pytest.raises(Unreachable, match=r"took longer than 0\.1 s"):
        await DocumentFetch(resolve=resolve, seconds=0.1)(URL)


async def test_a_silent_handshake_takes_of_the_same_time() -> None:
    async with site(never()) as served:
        fetch = DocumentFetch(
            resolve=resolving([PUBLIC]), network=Internet(served.port), seconds=0.2
        )
        with pytest.raises(Unreachable, match="took longer"):
            await fetch(URL)


def test_there_are_three_seconds_for_all_of_it() -> None:
    assert SECONDS == 3


async def test_the_library_checks_certificates_unless_told_otherwise() -> None:
    context = httpcore2.default_ssl_context()
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
