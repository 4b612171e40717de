"""Settings: read from the environment, handed on whole, refused in one line."""

import pytest

from api.oauth.locations import Locations
from infra.settings import Settings, SettingsError, read_settings


def test_what_is_given_goes_before_the_environment() -> None:
    settings = read_settings({"PORT": "8081", "HOST": "192.0.2.1"}, port=8082, host=None)
    assert (settings.host, settings.port) == ("192.0.2.1", 8082)


def test_another_process_reads_the_same_from_the_environment() -> None:
    settings = Settings(database_url="postgresql://x/y", port=8082, workers=3)
    assert read_settings(settings.environment) == settings


@pytest.mark.parametrize(
    ("given", "url", "host"),
    [
        ({}, "http://127.0.0.1:8080", "127.0.0.1:8080"),
        ({"HOST": "0.0.0.0"}, "http://127.0.0.1:8080", "127.0.0.1:8080"),  # noqa: S104 - it binds nothing
        ({"HOST": "::1", "PORT": "9000"}, "http://[::1]:9000", "[::1]:9000"),
        ({"PORT": "80"}, "http://127.0.0.1", "127.0.0.1"),
        ({"HOST": "Desk.lan"}, "http://desk.lan:8080", "desk.lan:8080"),
        ({"PUBLIC_URL": "https://desk.example/"}, "https://desk.example", "desk.example"),
        ({"PUBLIC_URL": "HTTPS://Desk.Example:443"}, "https://desk.example", "desk.example"),
        ({"PUBLIC_URL": "http://desk.lan:80/"}, "http://desk.lan", "desk.lan"),
        ({"PUBLIC_URL": "http://desk.lan:443"}, "http://desk.lan:443", "desk.lan:443"),
        ({"PUBLIC_URL": "https://[2001:DB8::1]:443"}, "https://[2001:db8::1]", "[2001:db8::1]"),
        ({"PUBLIC_URL": "http://[::1]:9000"}, "http://[::1]:9000", "[::1]:9000"),
    ],
)
def test_clients_are_told_where_they_reach_it(given: dict[str, str], url: str, host: str) -> None:
    settings = read_settings(given)
    assert settings.base_url == url
    assert settings.hosts[0] == host
    assert settings.origins[0] == url


@pytest.mark.parametrize(
    ("given", "offered"),
    [
        ({}, True),
        ({"HOST": "::1"}, True),
        ({"PUBLIC_URL": "http://localhost:9000"}, True),
        ({"PUBLIC_URL": "https://desk.example"}, True),
        ({"PUBLIC_URL": "http://desk.example"}, False),
        ({"HOST": "192.0.2.7"}, False),
    ],
)
def test_oauth_is_offered_with_https_or_on_the_machine_itself(
    given: dict[str, str], *, offered: bool
) -> None:
    assert Locations(read_settings(given).base_url).is_safe is offered


def test_loopback_is_always_ours() -> None:
    settings = read_settings({"PUBLIC_URL": "https://desk.example"})
    loopback = ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"]
    assert settings.hosts == ["desk.example", "desk.example:443", *loopback]
    assert settings.origins == ["https://desk.example", *(f"http://{host}" for host in loopback)]


def test_proxies_are_trusted_by_address_or_network() -> None:
    assert read_settings({}).proxies == ["127.0.0.1", "::1"]
    settings = read_settings({"TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::1,"})
    assert settings.proxies == ["10.0.0.0/8", "2001:db8::1"]


def test_only_ports_of_this_machine_may_serve_documents_in_the_clear() -> None:
    assert read_settings({}).insecure_hosts == frozenset()
    settings = read_settings({"INSECURE_CLIENT_HOSTS": "127.0.0.1:9000, [::1]:9001"})
    assert settings.insecure_hosts == {"127.0.0.1:9000", "[::1]:9001"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"WORKERS": "0"}, "WORKERS"),
        ({"RATE_PER_ADDRESS": "-1"}, "RATE_PER_ADDRESS"),
        ({"PUBLIC_URL": "desk.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://desk.example:https"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://desk.example:0"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://[desk.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://me@desk.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://desk.example/?a=b"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://desk.example/desk"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://büro.example"}, "PUBLIC_URL"),
        ({"TRUSTED_PROXIES": "*"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "127.0.0.1,::/0"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.1 10.0.0.2"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "proxy.example"}, "TRUSTED_PROXIES"),
        ({"ACCOUNT": "Main;"}, "ACCOUNT"),
        ({"CLIENT_DOCUMENTS": "/no/such/folder"}, "CLIENT_DOCUMENTS"),
        ({"CLIENT_DOCUMENTS": __file__}, "CLIENT_DOCUMENTS"),
        ({"INSECURE_CLIENT_HOSTS": "desk.example:80"}, "INSECURE_CLIENT_HOSTS"),
        ({"INSECURE_CLIENT_HOSTS": "127.0.0.1"}, "INSECURE_CLIENT_HOSTS"),
        ({"INSECURE_CLIENT_HOSTS": "127.0.0.1:9000,0.0.0.0:9000"}, "INSECURE_CLIENT_HOSTS"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_by_its_name(
    given: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named) as error:
        read_settings(given)
    assert "\n" not in str(error.value)
