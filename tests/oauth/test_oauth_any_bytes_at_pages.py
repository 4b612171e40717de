"""Whatever a browser or a stranger sends where people are asked, it stands, and nobody is led astray."""

import logging
import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import NamedTuple
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from api.mcp import PATH
from api.oauth.locations import AUTHORIZE, CONSENT
from domain.application import Wish
from domain.clients import SetClientPolicy
from tests.examples import examples
from tests.mcp.serving import Served
from tests.mcp.wire import Answer, exchange
from tests.oauth.oauth_grants import CHALLENGE
from tests.oauth.oauth_visiting import (
    LOOPBACK,
    SITE,
    Person,
    approve,
    arrive,
    asked_by,
    documented,
    is_page,
    keep,
    registered,
)
from tests.oauth.oauth_wire import FORM

FEW = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SCHEME = "com.example.app:/callback"
# Registered by an administrator, so that it is told of errors by redirects.
CLIENT = replace(registered("ours", SITE, LOOPBACK, SCHEME), name="Ours <script>")
LEADS_TO = re.compile(
    rf"(?:{re.escape(SITE)}|http://127\.0\.0\.1(?::\d*)?/callback|{re.escape(SCHEME)})\?"
    r"(?:code|error)=[!-~]*"
)
# What has led some server or other into a stack trace, or a person astray.
TRAPS = [
    *(b"https://evil.example/", b"//evil.example", b"/\\evil.example", b"javascript:alert(1)"),
    *(b"http://[x", b"http://[::1]evil.example", b"http://127.0.0.1:99999/callback"),
    *(b"https://app.example@evil.example/callback", b"https://app.example%2eevil.example/"),
    *(b'"><script>', b"\r\nLocation: https://evil.example/", b"\0", b"\xff", b"\xed\xa0\x80"),
    *("é\u2028\u202e".encode(), b"%", b"%zz", b"{{7*7}}", b"https://x.example/" + b"y" * 3_000),
]
KNOWN = [
    *(CLIENT.id.encode(), SITE.encode(), LOOPBACK.encode(), SCHEME.encode(), b"code", b"S256"),
    *(CHALLENGE.encode(), b"tickets:read tickets:write", b"consent", b"none"),
    *(PATH.encode(), b"https://client.example/client.json", b"http://client.example/client.json"),
]
NAMES = [
    *("response_type", "client_id", "redirect_uri", "state", "scope", "resource", "prompt"),
    *("code_challenge", "code_challenge_method", "response_mode", "request", "request_uri", "x"),
]
values = st.sampled_from(KNOWN) | st.sampled_from(TRAPS) | st.binary(max_size=30)
pairs = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=4)
printable = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=80)
# Of other bytes the HTTP parser itself refuses most, so they come rarely.
target_bytes = st.one_of(
    printable.map(str.encode),
    st.binary(max_size=60).map(lambda raw: quote_from_bytes(raw, "&=+/?").encode()),
    st.binary(max_size=80).map(lambda raw: re.sub(rb"[\0-\x20\x7f]", b"+", raw)),
)
header_bytes = st.one_of(
    printable.map(str.encode),
    st.binary(max_size=60).map(lambda raw: re.sub(rb"[\0-\x1f\x7f]", b"", raw)),
    st.binary(max_size=60).map(lambda raw: raw.translate(None, b"\r\n\0")),
)
mostly = st.sampled_from([True, True, True, False])


class Scene(NamedTuple):
    """Somebody who is signed in, and who approved the client."""

    person: Person
    port: int

    @property
    def cookie(self) -> bytes:
        cookies = self.person.browser.cookies
        return "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()

    def send(
        self,
        method: bytes,
        target: bytes,
        body: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        *,
        signed_in: bool = True,
    ) -> None:
        """Send any bytes, and require of the answer what has to be true of each."""
        host = f"127.0.0.1:{self.port}".encode()
        sent = [
            *((b"Host", host), (b"Accept", b"text/html"), (b"Connection", b"close")),
            *((b"Cookie", self.cookie) for _ in range(signed_in)),
            (b"Content-Length", b"%d" % len(body)),
            *headers,
        ]
        head = b"".join(b"%b: %b\r\n" % pair for pair in sent)
        request = b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, target, head, body)
        answer = exchange(self.port, request, method.decode())
        if answer is not None:
            require_an_answer(answer)


def require_an_answer(answer: Answer) -> None:
    assert answer.status < 500
    text = answer.body.decode()
    assert "Traceback" not in text
    assert "<script" not in text
    location = answer.headers.get("location", "")
    if location and not re.fullmatch(r"/login(\?[!-~]*)?", location):
        assert LEADS_TO.fullmatch(location), location
    for link in map(unescape, re.findall(r'(?:href|src|url)="?([^"]*)', text)):
        assert re.match(r"/[a-z]|/$|#", link) or LEADS_TO.fullmatch(link), link
    assert not re.search("http-equiv|<meta [^v]*url", text)


@pytest.fixture(scope="module")
def scene(moving: tuple[Served, object]) -> Scene:
    product = moving[0]
    keep(product, CLIENT)
    keep(product, documented("client.example", SITE))
    # No document is fetched of other hosts, which no test ought to look up.
    hosts = ("client.example", "app.example", "127.0.0.1")
    product.run(product.desk.execute(Wish(SetClientPolicy(allowed_hosts=hosts))))
    person = arrive(product, "Pia")
    for uri in CLIENT.redirect_uris:
        approve(person.browser, asked_by(CLIENT, uri))
    return Scene(person, product.port)


@pytest.fixture(autouse=True)
def nothing_amiss(caplog: pytest.LogCaptureFixture, scene: Scene) -> Iterator[None]:
    """Afterwards nothing was logged as an error, and people are asked as ever."""
    caplog.set_level(logging.ERROR)
    yield
    assert caplog.get_records("call") == []
    assert is_page(scene.person.browser.get(asked_by(CLIENT, prompt="consent")))


def query_of(changes: Sequence[tuple[str, bytes]], *, encoded: bool) -> bytes:
    """Return the query of a right request, of which some things are other, missing or there twice."""
    right = [
        *(("response_type", b"code"), ("client_id", CLIENT.id.encode()), ("state", b"s")),
        *(("redirect_uri", SITE.encode()), ("code_challenge", CHALLENGE.encode())),
        ("code_challenge_method", b"S256"),
    ]
    changed = {name for name, _ in changes}
    all_of_them = [*(pair for pair in right if pair[0] not in changed), *changes]
    query = b"&".join(
        name.encode() + b"=" + (quote_from_bytes(value).encode() if encoded else value)
        for name, value in all_of_them
    )
    return re.sub(rb"[\0-\x20\x7f]", b"+", query)


@FEW
@given(changes=pairs, encoded=mostly, signed_in=mostly)
def test_anything_may_be_wrong_with_what_a_client_asks(
    scene: Scene, changes: list[tuple[str, bytes]], encoded: bool, signed_in: bool
) -> None:
    query = query_of(changes, encoded=encoded)
    scene.send(b"GET", AUTHORIZE.encode() + b"?" + query, signed_in=signed_in)


@FEW
@given(query=target_bytes, signed_in=mostly)
def test_any_bytes_may_be_asked(scene: Scene, query: bytes, signed_in: bool) -> None:
    scene.send(b"GET", AUTHORIZE.encode() + b"?" + query, signed_in=signed_in)


@FEW
@given(
    headers=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    *(b"Accept", b"Authorization", b"Cookie", b"Forwarded", b"Host", b"Origin"),
                    *(b"Referer", b"Sec-Fetch-Site", b"User-Agent", b"X-Forwarded-For"),
                    *(b"X-Forwarded-Host", b"X-Forwarded-Proto", b"X-HTTP-Method-Override"),
                ]
            ),
            header_bytes
            | st.sampled_from(TRAPS).map(lambda raw: raw.translate(None, b"\r\n\0"))
            | header_bytes.map(b"deskledger_session=".__add__)
            | header_bytes.map(b"deskledger_browser=".__add__),
        ),
        max_size=4,
    ),
    signed_in=mostly,
)
def test_any_bytes_may_be_in_a_header(
    scene: Scene, headers: list[tuple[bytes, bytes]], signed_in: bool
) -> None:
    target = asked_by(CLIENT).encode()
    scene.send(b"GET", target, headers=headers, signed_in=signed_in)


@FEW
@given(
    changes=pairs,
    encoded=mostly,
    fields=st.dictionaries(st.sampled_from(["csrf", "shown", "answer", "x"]), values, max_size=2),
    twice=st.sampled_from(["", "request", "shown", "answer", "csrf"]),
)
def test_anything_may_be_wrong_with_an_answer(
    scene: Scene,
    changes: list[tuple[str, bytes]],
    encoded: bool,
    fields: dict[str, bytes],
    twice: str,
) -> None:
    page = scene.person.browser.get(asked_by(CLIENT, prompt="consent")).fields(CONSENT)
    right = {name: value.encode() for name, value in page.items()}
    form = {**right, "answer": b"approve", **fields}
    if changes:
        form["request"] = query_of(changes, encoded=encoded)
    sent = [*form.items(), *((twice, form[twice]) for _ in twice[:1])]
    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in sent).encode()
    scene.send(b"POST", CONSENT.encode(), body, [(b"Content-Type", FORM.encode())])


@FEW
@given(
    body=st.binary(max_size=200),
    kind=st.sampled_from([FORM.encode(), b"multipart/form-data; boundary=x"]) | header_bytes,
    signed_in=mostly,
)
def test_any_bytes_may_be_an_answer(
    scene: Scene, body: bytes, kind: bytes, signed_in: bool
) -> None:
    scene.send(b"POST", CONSENT.encode(), body, [(b"Content-Type", kind)], signed_in=signed_in)


@FEW
@given(
    method=st.sampled_from([b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH"]),
    place=st.sampled_from(
        [
            *(b"/.well-known/", b"/.well-known/oauth-protected-resource"),
            *(b"/.well-known/oauth-authorization-server", b"/.well-known/openid-configuration"),
            *(b"/oauth/", b"/oauth/authorize", b"/oauth/consent", b"/oauth/token", b"/oauth/../"),
        ]
    ),
    rest=target_bytes | st.sampled_from(TRAPS).map(lambda raw: re.sub(rb"[\0-\x20]", b"/", raw)),
    signed_in=mostly,
)
def test_any_bytes_may_be_a_path(
    scene: Scene, method: bytes, place: bytes, rest: bytes, signed_in: bool
) -> None:
    scene.send(method, place + rest, signed_in=signed_in)
