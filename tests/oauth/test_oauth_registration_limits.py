"""Who may register: as the administrator has it, so many of a network, and so many at all."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest

from domain.application import Wish
from domain.clients import SetClientPolicy
from infra.oauth.store import MOST_BY_NETWORK, MOST_CLIENTS
from tests.mcp.serving import Served, served, until
from tests.oauth.oauth_wire import Answer, Wire
from tests.sign_in.conftest import Clock

LOOPBACK = "http://127.0.0.1:4001/cb"
ELSEWHERE = "203.0.113.9"
SetPolicy = Callable[[SetClientPolicy], None]


@pytest.fixture(autouse=True)
def nobody_yet(desk_database: str) -> None:
    with psycopg.connect(desk_database) as connection:
        connection.execute("DELETE FROM acct_main.oauth_clients")


@pytest.fixture
def set_policy(product: Served) -> Iterator[SetPolicy]:
    def apply(command: SetClientPolicy) -> None:
        product.run(product.desk.execute(Wish(command)))

    yield apply
    apply(SetClientPolicy(dynamic_registration=True, any_host=True))


def register(wire: Wire, name: object, *redirect_uris: str, **headers: str) -> Answer:
    said = {
        "client_name": f"{name}",
        "redirect_uris": redirect_uris or [LOOPBACK],
        "token_endpoint_auth_method": "none",
    }
    return wire.json("/oauth/register", said, **headers)


def tries_again_after(answer: Answer) -> int:
    """Return in how many seconds a client may come again."""
    description = answer.refused(429, "temporarily_unavailable")
    seconds = answer.headers["retry-after"]
    assert f" {seconds} seconds" in description
    return int(seconds)


def test_where_registration_is_off_nobody_registers_and_no_endpoint_is_told(
    wire: Wire, set_policy: SetPolicy
) -> None:
    metadata = "/.well-known/oauth-authorization-server"
    set_policy(SetClientPolicy(dynamic_registration=False))
    assert "administrator" in register(wire, "Late").refused(403, "access_denied")
    assert "registration_endpoint" not in wire.get(metadata).body
    set_policy(SetClientPolicy(dynamic_registration=True))
    assert register(wire, "Late").status == 201
    assert wire.get(metadata).body["registration_endpoint"] == f"{wire.issuer}/oauth/register"


def test_another_process_sees_the_switch_at_once(
    wire: Wire, desk_database: str, set_policy: SetPolicy
) -> None:
    with served(desk_database) as other:
        elsewhere = Wire(other.port)
        assert register(elsewhere, "Early").status == 201
        set_policy(SetClientPolicy(dynamic_registration=False))
        register(elsewhere, "Late").refused(403, "access_denied")
        register(wire, "Late").refused(403, "access_denied")


def test_only_clients_of_listed_hosts_register(wire: Wire, set_policy: SetPolicy) -> None:
    set_policy(SetClientPolicy(allowed_hosts=("claude.ai", "127.0.0.1")))
    assert register(wire, "Site", "https://claude.ai/cb").status == 201
    assert register(wire, "Program", LOOPBACK).status == 201
    for uri in ("https://evil.example/cb", "https://x.claude.ai/cb", "http://localhost/cb"):
        fault = register(wire, "Other", uri).refused(403, "access_denied")
        assert fault.endswith(f"Ask one to allow one of: {urlsplit(uri).hostname}.")
    # Cursor names three places, of which it uses one.
    assert register(wire, "Several", "https://www.cursor.com/cb", LOOPBACK).status == 201


def test_a_network_registers_so_many_an_hour(wire: Wire, clock: Clock) -> None:
    clock.stop()
    for number in range(MOST_BY_NETWORK):
        assert register(wire, number).status == 201
    assert 3_500 < tries_again_after(register(wire, "One more")) <= 3_600
    assert register(wire, 0).status == 201, "who is known already counts no more"
    assert register(wire, "One more", X_Forwarded_For=ELSEWHERE).status == 201
    clock.ahead = timedelta(hours=1, seconds=1)
    assert register(wire, "And one more").status == 201


def test_an_ipv6_site_is_one_however_many_networks_it_has(wire: Wire) -> None:
    for number in range(MOST_BY_NETWORK):
        address = f"2001:db8:0:{number:x}::1"
        assert register(wire, number, X_Forwarded_For=address).status == 201
    tries_again_after(register(wire, "One more", X_Forwarded_For="2001:db8::ffff"))
    assert register(wire, "One more", X_Forwarded_For="2001:db8:1::1").status == 201


def test_there_are_so_many_clients_at_all_and_those_go_first_that_nobody_used(
    wire: Wire, desk_database: str, clock: Clock
) -> None:
    assert register(wire, "Known").status == 201
    with psycopg.connect(desk_database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO acct_main.oauth_clients (client_id, client, network, registered_at) "
            "SELECT 'dcr_' || n, '{}', 'n' || n, now() FROM generate_series(2, %s) n",
            (MOST_CLIENTS,),
        )
        assert tries_again_after(register(wire, "One more")) > 0
        assert register(wire, "Known").status == 201
        clock.ahead = timedelta(minutes=11)
        assert register(wire, "Known").status == 201
        assert register(wire, "One more").status == 201
        (number,) = connection.execute(
            "SELECT count(*) FROM acct_main.oauth_clients"
        ).fetchone() or (0,)
        assert MOST_CLIENTS // 2 < number < MOST_CLIENTS
        connection.execute("UPDATE acct_main.oauth_clients SET used_at = now()")
        assert register(wire, "Known").status == 201


def test_registering_counts_among_an_addresss_requests(desk_database: str) -> None:
    with served(desk_database, rate_per_address=10) as limited:
        wire = Wire(limited.port)
        answers: list[Answer] = []

        def is_refused() -> bool:
            answers.append(register(wire, "Again"))
            return answers[-1].status == 429

        until(is_refused)
        assert 0 < tries_again_after(answers[-1]) <= 60
        answers.append(wire.get("/.well-known/oauth-authorization-server"))
        assert 0 < tries_again_after(answers[-1]) <= 60
