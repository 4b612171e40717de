"""What the connection test says of all that can go wrong on the way, over real sockets."""

import json
from collections.abc import Mapping

import pytest

from api.connection.asking import MOST_BYTES, Reply
from api.connection.trying import ConnectionTest, Tried
from api.oauth.locations import RESOURCE_METADATA, Locations
from infra.own_address import OwnAddress
from tests.oauth.oauth_site import Authority, answer, never, site

pytestmark = pytest.mark.anyio

TOKEN = "dl_pat_of_nobody"  # noqa: S105 - as it says
HINT = f'resource_metadata="{{at}}{RESOURCE_METADATA}"'


def trying(url: str, seconds: float = 5.0) -> ConnectionTest:
    return ConnectionTest(OwnAddress(url), url, seconds)


async def both(url: str) -> list[Tried]:
    """Try with a token and without."""
    test = trying(url)
    return [await test.with_token(TOKEN), await test.without_token()]


def words(tried: Tried) -> str:
    """Return what is told of the first that went wrong, and what to do about it."""
    (wrong,) = (finding for finding in tried.findings if not finding.well)
    assert wrong.told
    assert wrong.advice
    assert TOKEN not in repr(tried)
    return f"{wrong.told} {wrong.advice}"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (answer(b"<h1>It works!</h1>", kind="text/html"), "Something else answers"),
        (answer(b"{}"), "it is no MCP server"),
        (answer(b"\xff["), "it is no MCP server"),
        (answer(b"[" * 9000), "it is no MCP server"),
        (answer(b'{"result": {"tools": "many"}}'), "it is no MCP server"),
        (answer(b"", "301 Moved", "", "Location: https://www.desk.example/"), "redirects to https"),
        (answer(b"", "302 Found"), "redirects to nowhere"),
        (answer(b"", "401 No", "", "WWW-Authenticate: Basic realm=x"), "(Basic)"),
        (answer(b"", "401 No"), "another authentication"),
        (answer(b"", "403 Forbidden"), "refused the request (403)"),
        (answer(b"", "404 Not Found"), "has nothing there (404)"),
        (answer(b"", "405 No"), "has nothing there (405)"),
        (answer(b"", "421 Misdirected"), "hand on the Host header"),
        (answer(b"", "429 Slowly", "", "Retry-After: 17"), "Try again in 17 seconds"),
        (answer(b"", "429 Slowly", "", "Retry-After: <b>"), "Try again in a minute"),
        (answer(b"", "502 Bad Gateway"), "nothing behind it (502)"),
        (answer(b"", "503 No"), "nothing behind it (503)"),
        (answer(b"", "418 Teapot"), "status 418"),
        (answer(b"x" * (MOST_BYTES + 1)), "sent more than this server ever does"),
        (b"SSH-2.0-OpenSSH_10.0\r\n", "did not answer in HTTP"),
        (b"", "hung up"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "hung up"),
    ],
)
async def test_what_answers_otherwise_is_told_with_what_to_do(given: bytes, told: str) -> None:
    async with site(given) as served:
        for tried in await both(f"http://{served.host}"):
            assert told in words(tried)
            assert not tried.from_elsewhere
    assert len(served.requests) == 2  # nobody is asked twice, nor anywhere else


async def test_where_nobody_answers_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    async with site(b"") as gone:
        pass
    for tried in await both(f"http://{gone.host}"):
        assert "Nothing listens" in words(tried)
        assert not tried.from_elsewhere
    for tried in await both(f"http://{'x' * 64}.example"):
        assert "cannot be found from the server" in words(tried)
        assert tried.from_elsewhere
    async with site(answer(b"{}"), authority.server("127.0.0.1")) as safe:
        for tried in await both(f"https://{safe.host}"):
            assert "is not trusted: " in words(tried)
    assert safe.requests == []  # so no token got there
    async with site(answer(b"{}")) as plain:
        for tried in await both(f"https://{plain.host}"):
            assert "speaks no TLS" in words(tried)
    for head in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"):
        async with site(never(head)) as silent:
            for scheme in ("http", "https") if not head else ("http",):
                test = trying(f"{scheme}://{silent.host}", 0.1)
                for tried in (await test.with_token(TOKEN), await test.without_token()):
                    assert "did not answer within 0.1 seconds" in words(tried)


async def test_a_redirect_is_not_followed_with_the_token() -> None:
    async with site(answer(b"{}")) as other:
        moved = answer(b"", "307 Elsewhere", "", f"Location: http://{other.host}/")
        async with site(moved) as served:
            await both(f"http://{served.host}")
        assert TOKEN in served.requests[0].decode()
    assert other.requests == []


@pytest.mark.parametrize(
    "given",
    [
        answer(b"", "302 Found", "", f"Location: https://desk.example/?{'x' * 170}{TOKEN}"),
        answer(b"", "200 OK", f"text/{TOKEN}"),
        answer(b'{"error": {"code": 1, "message": "no Bearer %s"}}' % TOKEN.encode()),
        answer(b'{"result": {"tools": [{"name": "%s"}]}}' % TOKEN.encode()),
    ],
)
async def test_a_token_that_is_said_again_is_not_repeated(given: bytes) -> None:
    async with site(given) as served:
        tried = await trying(f"http://{served.host}").with_token(TOKEN)
    assert TOKEN[:9] not in repr(tried)
    assert "…" in repr(tried)


async def test_a_401_tells_whether_the_token_came_and_was_known() -> None:
    async with site(b"") as served:
        url = f"http://{served.host}"
        hint = HINT.format(at=url)
        for challenge, told in (
            (f'Bearer error="invalid_token", {hint}', "unknown, revoked or past its time"),
            (f"Bearer {hint}", "The token did not arrive"),
        ):
            served.given = answer(b"", "401 No", "", f"WWW-Authenticate: {challenge}")
            assert told in words(await trying(url).with_token(TOKEN))


async def test_an_error_of_the_protocol_is_told_as_text() -> None:
    failed = b'{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"a\\u0000\\u202e<b>"}}'
    async with site(answer(failed)) as served:
        tried = await trying(f"http://{served.host}").with_token(TOKEN)
    assert "It answered with an error: a<b>" in words(tried)


async def test_tools_are_listed_as_text_of_bounded_length() -> None:
    tools = [{"name": f"\u202e{'x' * 999}"}, *({"name": f"tool_{n}"} for n in range(999))]
    listed = json.dumps({"result": {"tools": tools}}).encode()
    async with site(answer(listed)) as served:
        tried = await trying(f"http://{served.host}").with_token(TOKEN)
    assert tried.well
    assert len(tried.tools) == 200
    assert tried.tools[0] == f"{'x' * 199}…"


class Telling:
    """Answers as a server does whose public address is `url`, but for what is changed."""

    def __init__(self, url: str, changed: Mapping[str, object] | None = None) -> None:
        at = Locations(url)
        self.told = {
            "hint": at.resource_metadata,
            "resource": at.resource,
            "authorization_servers": [at.issuer],
            "issuer": at.issuer,
            "authorization_endpoint": at.authorize,
            "token_endpoint": at.token,
            "code_challenge_methods_supported": ["S256"],
            **(changed or {}),
        }

    async def __call__(
        self,
        method: str,
        path: str,  # noqa: ARG002 - the port's own names
        headers: Mapping[str, str],  # noqa: ARG002 - likewise
        body: bytes = b"",  # noqa: ARG002 - likewise
    ) -> Reply:
        challenge = f'Bearer resource_metadata="{self.told["hint"]}"'
        if method == "POST":
            return Reply(401, {"www-authenticate": challenge}, b"", 0.01)
        return Reply(200, {}, json.dumps(self.told).encode(), 0.01)


@pytest.mark.parametrize(
    ("changed", "what", "told"),
    [
        ({}, "", ""),
        ({"registration_endpoint": "x"}, "", ""),
        ({"hint": "https://evil.example/x"}, "MCP endpoint", "It names https://evil.example/x"),
        ({"resource": "http://localhost/mcp"}, "protected resource", "http://localhost/mcp, not"),
        ({"authorization_servers": ["https://a", "https://b"]}, "protected resource", "https://a,"),
        ({"issuer": "http://internal:8080"}, "authorization server", "It names http://internal"),
        ({"token_endpoint": "http://internal/t"}, "authorization server", "http://internal/t"),
        ({"code_challenge_methods_supported": []}, "authorization server", "no MCP server"),
    ],
)
async def test_each_document_must_name_the_public_address(
    changed: Mapping[str, object], what: str, told: str
) -> None:
    url = "https://desk.example"
    tried = await ConnectionTest(Telling(url, changed), url).without_token()
    if not told:
        assert tried.well
        assert [finding.told != "" for finding in tried.findings] == [True] * 4
        return
    assert told in words(tried)
    assert what in tried.findings[-1].what


@pytest.mark.parametrize(
    ("url", "well"),
    [
        ("http://desk.example", False),
        ("https://desk.example", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
    ],
)
async def test_oauth_takes_https_off_the_machine(url: str, *, well: bool) -> None:
    tried = await ConnectionTest(Telling(url), url).without_token()
    assert tried.well == well
    assert well or "All of it goes by http" in words(tried)
