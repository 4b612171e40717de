"""What the standards ask, point by point: clients by their documents, and by registration."""

import time
from collections.abc import Generator
from datetime import timedelta

import pytest

from tests.mcp.company import Company
from tests.mcp.serving import Served, listen, served
from tests.oauth.clients.person import Person
from tests.oauth.oauth_publisher import Publisher, publishing
from tests.oauth.oauth_stranger import HOME, PORTLESS, Stranger, path_of, welcome
from tests.oauth.oauth_visiting import is_page
from tests.oauth.oauth_wire import JSON, Wire
from tests.sign_in.browser import Answer, Browser
from tests.sign_in.conftest import Clock

MOST_AT_ONCE = 30
SECRET = {"client_secret": "x", "client_secret_expires_at": 0}


@pytest.fixture(scope="module")
def publisher() -> Generator[Publisher]:
    with publishing() as site:
        yield site


@pytest.fixture(scope="module")
def silent() -> Generator[str]:
    """The host and port of a site that never says anything."""
    with listen() as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def moving(
    desk_database: str,
    company: Company,  # noqa: ARG001 - filled first
    publisher: Publisher,
    silent: str,
) -> Generator[tuple[Served, Clock]]:
    clock = Clock()
    hosts = f"{publisher.host},{silent}"
    with served(desk_database, clock, insecure_client_hosts=hosts) as product:
        yield product, clock


@pytest.fixture(scope="module")
def otto(moving: tuple[Served, Clock]) -> Stranger:
    """A client of somebody else's: a person has so many fetches a minute."""
    return Stranger(Wire(moving[0].port), welcome(moving[0], "Otto"))


def come(approved: Stranger, client_id: str, browser: Browser | None = None) -> Answer:
    """Have a browser come from the client of a document."""
    document = {"client_id": client_id, "redirect_uris": ["https://published.example/callback"]}
    client = Stranger(approved.wire, approved.person, document)
    return (browser or approved.person.browser).get(path_of(client.address()))


def test_a_client_is_known_by_its_document(publisher: Publisher, wire: Wire, pia: Person) -> None:
    """24. Client ID Metadata Documents §4, MCP 2026-07-28: named by its host, without registering."""
    client = Stranger(wire, pia, publisher.publish("/client.json"))
    page = client.ask()
    assert is_page(page)
    assert "127.0.0.1, by its document there" in page.text
    assert "published.example" in page.text
    assert client.works(client.connect().access)
    assert publisher.asked.count("/client.json") == 1, "it is kept for five minutes at least"


@pytest.mark.parametrize(
    "client_id",
    [
        "https://published.example",
        "https://published.example/a/../client.json",
        "https://published.example/%2e%2e/client.json",
        "https://published.example/client.json#fragment",
        "https://user:password@published.example/client.json",
        "http://published.example/client.json",
        "http://127.0.0.1:1/client.json",
        "https://[x/client.json",
        'https://published.example/"ä',
        "HTTPS://published.example/client.json",
        "ftp://published.example/client.json",
        "file:///etc/passwd",
    ],
)
def test_not_every_url_names_a_client(approved: Stranger, client_id: str) -> None:
    """24. Client ID Metadata Documents §3."""
    answer = come(approved, client_id)
    assert (answer.status, answer.location) == (400, "")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/another", {"client_id": "https://published.example/another"}),
        ("/slash", {"client_id": "http://127.0.0.1/slash"}),
        ("/secret", SECRET),
        ("/basic", {"token_endpoint_auth_method": "client_secret_basic"}),
        ("/post", {"token_endpoint_auth_method": "client_secret_post"}),
        ("/jwt", {"token_endpoint_auth_method": "client_secret_jwt"}),
        ("/script", {"redirect_uris": ["javascript:alert(1)"]}),
        ("/nowhere", {"redirect_uris": []}),
        ("/long", {"client_name": "x" * 5_121}),
    ],
)
def test_not_every_document_is_one(
    approved: Stranger, publisher: Publisher, path: str, said: dict[str, object]
) -> None:
    """24. Client ID Metadata Documents §4.1, §6.6; §4.4: what was wrong is not kept."""
    publisher.publish(path, **said)
    answer = come(approved, publisher.url(path))
    assert (answer.status, answer.location) == (400, "")
    publisher.publish(path)
    assert is_page(come(approved, publisher.url(path)))


def test_nobody_waits_long_for_a_document(otto: Stranger, silent: str) -> None:
    """24. Client ID Metadata Documents §4: a person is waiting, and a worker's connection."""
    begun = time.monotonic()
    answer = come(otto, f"http://{silent}/client.json")
    assert answer.status == 400
    assert "took longer than 3 s" in answer.text
    assert 2.9 < time.monotonic() - begun < 10


def test_no_document_speaks_for_another(otto: Stranger, publisher: Publisher) -> None:
    """24. Client ID Metadata Documents §4.1: nor does what it says of another stay behind."""
    evil = ["https://evil.example/callback"]
    victim = publisher.publish("/victim.json")
    publisher.publish("/thief.json", client_id=victim["client_id"], redirect_uris=evil)
    assert come(otto, publisher.url("/thief.json")).status == 400
    pretended = Stranger(otto.wire, otto.person, {**victim, "redirect_uris": evil})
    assert pretended.ask().status == 400
    assert is_page(come(otto, publisher.url("/victim.json")))


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (201, {}),
        (302, {"Location": "/good.json"}),
        (307, {"Location": "/good.json"}),
        (404, {}),
        (500, {}),
        (200, {"Content_Type": "text/html"}),
        (200, {"Content_Encoding": "gzip"}),
    ],
)
def test_not_every_answer_is_a_document(
    otto: Stranger, publisher: Publisher, status: int, headers: dict[str, str]
) -> None:
    """24. Client ID Metadata Documents §4, §4.4: 200 and JSON; nobody is sent on, no error kept."""
    publisher.publish("/good.json")
    path = f"/{status}-{len(publisher.asked)}"
    publisher.publish(path)
    publisher.answer(path, publisher.published[path].body, status, **headers)
    assert come(otto, publisher.url(path)).status == 400
    assert "/good.json" not in publisher.asked
    publisher.publish(path)
    assert is_page(come(otto, publisher.url(path)))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "2130706433",
        "10.0.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fd00::1]",
    ],
)
def test_no_special_address_is_asked_for_a_document(product: Served, wire: Wire, host: str) -> None:
    """25. Client ID Metadata Documents §6.5, RFC 6890: Python's `is_global` lets some through."""
    asking = Stranger(wire, welcome(product, f"Sam {host}"))
    with listen() as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        answer = come(asking, f"https://{host}/client.json")
        assert (answer.status, answer.location) == (400, "")
        assert "not on the public internet" in answer.text
        assert come(asking, f"https://{host}:{port}/client.json").status == 400
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_no_document_is_fetched_for_somebody_unknown(
    product: Served, approved: Stranger, publisher: Publisher
) -> None:
    """26. MCP 2026-07-28, Client ID Metadata Documents §6.5: else strangers have us ask anybody anything."""
    publisher.publish("/unasked.json")
    answer = come(approved, publisher.url("/unasked.json"), Browser(product.port))
    assert answer.status == 303
    assert answer.location.startswith("/login?next=")
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    path = path_of(approved.server["token_endpoint"])
    unknown = {**form, "client_id": publisher.url("/unasked.json")}
    approved.wire.form(path, unknown).refused(401, "invalid_client")
    assert "/unasked.json" not in publisher.asked


def test_nobody_has_us_fetch_without_end(product: Served, wire: Wire, publisher: Publisher) -> None:
    """26. Client ID Metadata Documents §6.5, §6.6: counted by person, failures as well."""
    busy = Stranger(wire, welcome(product, "Busy"))
    before = len(publisher.asked)
    # A minute may end between.
    for number in range(2 * MOST_AT_ONCE + 1):
        answer = come(busy, publisher.url(f"/none/{number}"))
        if answer.status == 429:
            break
        assert answer.status == 400
    else:
        pytest.fail("nobody is stopped")
    assert len(publisher.asked) - before <= 2 * MOST_AT_ONCE
    other = Stranger(wire, welcome(product, "Other"))
    assert come(other, publisher.url("/none")).status == 400


def test_a_document_that_names_another_place_is_asked_about_anew(
    product: Served, wire: Wire, publisher: Publisher, clock: Clock
) -> None:
    """26. Client ID Metadata Documents §6.3, OAuth 2.1 §7.3.1; the old place is none any more."""
    person = welcome(product, "Mo")
    before = Stranger(wire, person, publisher.publish("/moving.json"))
    before.connect()
    assert before.ask().status == 303
    uris = ["https://elsewhere.example/callback"]
    after = Stranger(wire, person, publisher.publish("/moving.json", redirect_uris=uris))
    clock.ahead += timedelta(hours=1)
    assert is_page(after.ask())
    assert before.ask().status == 400


def test_a_registration_is_answered_as_it_was_understood(approved: Stranger) -> None:
    """27. RFC 7591 §3.2.1."""
    path = path_of(approved.server["registration_endpoint"])
    said = {
        "redirect_uris": [PORTLESS],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token", "implicit"],
        "response_types": ["code"],
        "client_name": "Un\u202eknown",
        "scope": "tickets:read admin",
        "jwks_uri": "https://evil.example/keys",
    }
    answer = approved.wire.json(path, said)
    assert (answer.status, answer.headers["cache-control"]) == (201, "no-store")
    told = answer.body
    assert not {"client_secret", "client_secret_expires_at", "jwks_uri"} & set(told)
    assert "://" not in told.pop("client_id")
    assert told.pop("client_id_issued_at") > 0
    assert told == {
        "redirect_uris": [PORTLESS],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "client_name": "Unknown",
        "scope": "tickets:read",
    }
    secret = approved.wire.json(path, {**said, "token_endpoint_auth_method": "client_secret_post"})
    assert len(secret.body["client_secret"]) > 32
    assert secret.body["client_secret_expires_at"] == 0


def test_a_registration_has_its_limits(approved: Stranger) -> None:
    """27. RFC 7591 §5: anybody may send one."""
    wire, path = approved.wire, path_of(approved.server["registration_endpoint"])
    many = {"redirect_uris": [f"{HOME}/{number}" for number in range(11)]}
    wire.json(path, many).refused(400, "invalid_redirect_uri")
    large = {"redirect_uris": [HOME], "client_name": "x" * 70_000}
    wire.json(path, large).refused(413, "invalid_request")
    for body in (b"", b"\xff", b"[]", b"[" * 5_000, b'{"redirect_uris": ["http://[x"]}'):
        assert wire.send("POST", path, body, {"Content-Type": JSON}).status == 400
    for number in range(100):
        said = {"redirect_uris": [HOME], "client_name": f"{number}"}
        answer = wire.json(path, said, X_Forwarded_For="203.0.113.77")
        if answer.status == 429:
            assert int(answer.headers["retry-after"]) > 0
            break
        assert answer.status == 201
    else:
        pytest.fail("nobody is stopped")
    assert wire.json(path, said, X_Forwarded_For="203.0.113.78").status == 201
