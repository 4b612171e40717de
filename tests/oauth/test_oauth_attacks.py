"""What strangers tried when they were asked to break in, and what came of it."""

from uuid import uuid4

import pytest

from api.oauth.locations import REGISTER
from api.oauth.token import REFRESHES
from api.pages.consent.answering import SILENTLY
from domain.application import Wish
from domain.clients import RemoveClient, SetClientPolicy
from domain.redirects import host_of, is_same, landing_of
from domain.refusals import Refused
from tests.mcp.serving import Served
from tests.oauth.oauth_tokens import App, held
from tests.oauth.oauth_visiting import (
    LOOPBACK,
    Person,
    approve,
    arrive,
    asked_by,
    connect,
    documented,
    dynamic,
    is_page,
    keep,
    registered,
)
from tests.oauth.oauth_wire import Wire

READ, BOTH = "tickets:read", "tickets:read tickets:write"


@pytest.fixture
def person(product: Served) -> Person:
    """Somebody new for each test."""
    return arrive(product, f"p{uuid4().hex}")


@pytest.mark.parametrize(
    "uri",
    [
        "http://evil.example[::1]/cb",
        "http://evil.example[::1]:80/cb",
        "http://[::1]evil.example/cb",
        "https://evil.example[::1]/cb",
        "https://claude.ai%2eevil.example/cb",
        "https://claude.ai%2f.evil.example/cb",
        "https://claude.ai%e3%80%82evil.example/cb",
        "https://claude.ai,evil.example/cb",
        "https://a..b/cb",
    ],
)
def test_a_host_that_two_readers_may_take_for_two_is_none(uri: str) -> None:
    with pytest.raises(Refused):
        landing_of(uri)


@pytest.mark.parametrize("asked", ["http://evil.example[::1]/cb", "http://[::1]evil.example:1/cb"])
def test_text_around_brackets_is_not_this_machine(
    product: Served, person: Person, asked: str
) -> None:
    # urlsplit passes over it, as it takes what stands in brackets for the host.
    assert not is_same("http://[::1]/cb", asked)
    client = keep(product, dynamic(uuid4().hex, "http://[::1]/cb"))
    assert person.browser.get(asked_by(client, asked)).status == 400


def test_a_port_of_its_own_is_not_the_hosts(product: Served, person: Person) -> None:
    assert [
        host_of(f"https://{host}/cb") for host in ("A.example", "a.example:443", "a.example:8443")
    ] == ["a.example", "a.example", "a.example:8443"]
    assert host_of("https://[::1]:8443/cb") == "[::1]:8443"
    client = keep(product, dynamic(uuid4().hex, "https://a.example:8443/cb"))
    page = person.browser.get(asked_by(client))
    assert "<strong>a.example:8443</strong>" in page.text
    product.run(product.desk.execute(Wish(SetClientPolicy(allowed_hosts=("a.example",)))))
    try:
        assert person.browser.get(asked_by(client)).status == 403
        both = ("a.example", "a.example:8443")
        product.run(product.desk.execute(Wish(SetClientPolicy(allowed_hosts=both))))
        assert is_page(person.browser.get(asked_by(client)))
    finally:
        product.run(product.desk.execute(Wish(SetClientPolicy(any_host=True))))


def test_the_page_tells_the_way_on_a_host_that_sends_people_on(
    product: Served, person: Person
) -> None:
    # A host's name is no proof where anybody has pages there, or has it lead to anywhere.
    uri = "https://shared.example/leave?to=https://evil.example/&x=" + "y" * 1_000
    page = person.browser.get(asked_by(keep(product, dynamic(uuid4().hex, uri)))).text
    assert "<small>https://shared.example/leave?to=https://evil.example/&amp;x=yyy" in page
    assert "y…</small>" in page


def test_a_program_does_not_come_by_what_its_namesake_on_a_site_was_given(
    product: Served, person: Person
) -> None:
    # One document, two landings: any program here can pretend to be the one on this computer.
    host = f"{uuid4().hex}.example"
    site = f"https://{host}/cb"
    client = keep(product, documented(host, site, LOOPBACK))
    connect(product, person.browser, asked_by(client, site, scope=BOTH))
    connect(product, person.browser, asked_by(client, LOOPBACK, scope=READ))
    assert is_page(person.browser.get(asked_by(client, LOOPBACK, scope=BOTH)))
    assert not is_page(person.browser.get(asked_by(client, LOOPBACK, scope=READ)))


def test_a_program_is_not_remembered_for_what_lives_of_its_namesake_on_a_site(
    product: Served, person: Person
) -> None:
    host = f"{uuid4().hex}.example"
    site = f"https://{host}/cb"
    client = keep(product, documented(host, site, LOOPBACK))
    connect(product, person.browser, asked_by(client, site))
    approve(person.browser, asked_by(client, LOOPBACK))  # whose code nobody takes up
    assert is_page(person.browser.get(asked_by(client, LOOPBACK)))


@pytest.mark.parametrize("place", ["iframe", "image", "empty", "object"])
def test_nobody_is_connected_behind_his_back(product: Served, person: Person, place: str) -> None:
    # Pages of a neighbouring host are of the same site, so that the session's cookie comes along.
    client = keep(product, dynamic(uuid4().hex))
    connect(product, person.browser, asked_by(client))
    headers = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": place}
    assert is_page(person.browser.get(asked_by(client), **headers))
    headers["Sec-Fetch-Dest"] = "document"
    assert is_page(person.browser.get(asked_by(client), **headers, **{"Sec-Purpose": "prefetch"}))
    assert not is_page(person.browser.get(asked_by(client), **headers))


def test_no_site_fills_the_log_by_sending_a_browser_here_without_end(
    product: Served, person: Person
) -> None:
    client = keep(product, dynamic(uuid4().hex))
    approve(person.browser, asked_by(client))
    statuses = [person.browser.get(asked_by(client)).status for _ in range(SILENTLY + 1)]
    # A minute may have begun anew on the way.
    statuses += [person.browser.get(asked_by(client)).status for _ in range(SILENTLY)]
    assert set(statuses) == {303, 429}
    assert statuses.count(303) <= 2 * SILENTLY
    other = arrive(product, f"p{uuid4().hex}")
    assert is_page(other.browser.get(asked_by(client)))


def test_no_code_goes_to_the_port_of_whoever_registered_the_same_program_first(
    product: Served, person: Person
) -> None:
    # The two have one id, and a request that names no redirect URI would land at the first's.
    wire = Wire(product.port)
    ids = {
        wire.json(
            REGISTER,
            {
                "redirect_uris": [f"http://127.0.0.1:{port}/cb"],
                "client_name": "Two of a kind",
                "token_endpoint_auth_method": "none",
            },
        ).body["client_id"]
        for port in (7001, 7002)
    }
    (client_id,) = ids
    client = dynamic("", "http://127.0.0.1:7002/cb")
    unnamed = person.browser.get(asked_by(client, "", client_id=client_id))
    assert unnamed.status == 400
    assert "name one" in unnamed.text
    assert is_page(person.browser.get(asked_by(client, client_id=client_id)))


def test_what_a_removed_client_was_allowed_is_not_its_successors(
    product: Served, person: Person
) -> None:
    client = keep(product, registered(f"portal-{uuid4().hex}"))
    for _ in range(3):
        assert is_page(person.browser.get(asked_by(client)))
        connect(product, person.browser, asked_by(client))
        assert not is_page(person.browser.get(asked_by(client)))
        product.run(product.desk.execute(Wish(RemoveClient(client_id=client.id))))
        assert person.browser.get(asked_by(client)).status == 400
        keep(product, client)


def test_an_app_does_not_fill_the_database_by_refreshing_without_end(app: App) -> None:
    tokens = app.connected()
    other = app.connected()
    answer = app.refresh(tokens.refresh)
    for _ in range(2 * REFRESHES):  # around the edge of a minute, of two
        if answer.status == 200:
            answer = app.refresh(held(answer).refresh)
    answer.refused(429, "temporarily_unavailable")
    assert 0 < int(answer.headers["retry-after"]) <= 60
    held(app.refresh(other.refresh))


def test_marks_without_a_combining_class_do_not_pile_up_either(
    product: Served, person: Person
) -> None:
    client = keep(product, dynamic(uuid4().hex, name="a" + "\u0e47" * 50))
    assert "\u2068a\u0e47\u0e47\u2069" in person.browser.get(asked_by(client)).text
