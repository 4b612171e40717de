"""Settings: read from the environment, handed on whole, refused in one line."""

import pytest

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
        ({"HOST": "0.0.0.0"}, "http://127.0.0.1:8080", "127.0.0.1:8080"),  # noqa: S104
        ({"HOST": "::1", "PORT": "9000"}, "http://[::1]:9000", "[::1]:9000"),
        ({"PORT": "80"}, "http://127.0.0.1", "127.0.0.1"),
        ({"PUBLIC_URL": "https://desk.example/"}, "https://desk.example", "desk.example"),
    ],
)
def test_clients_are_told_where_they_reach_it(given: dict[str, str], url: str, host: str) -> None:
    settings = read_settings(given)
    assert settings.base_url == url
    assert settings.hosts[0] == host
    assert settings.origins[0] == url


def test_loopback_is_always_ours() -> None:
    settings = read_settings({"PUBLIC_URL": "https://desk.example"})
    assert settings.hosts == ["desk.example", "127.0.0.1:8080", "localhost:8080", "[::1]:8080"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"WORKERS": "0"}, "WORKERS"),
        ({"RATE_PER_ADDRESS": "-1"}, "RATE_PER_ADDRESS"),
        ({"PUBLIC_URL": "desk.example"}, "PUBLIC_URL"),
        ({"ACCOUNT": "Main;"}, "ACCOUNT"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_by_its_name(
    given: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named) as error:
        read_settings(given)
    assert "\n" not in str(error.value)
