"""Tokens that clients give back (RFC 7009)."""

from datetime import timedelta

import pytest

from api.oauth.locations import REVOKE
from domain.secret import APP_TOKEN, REFRESH_TOKEN, encode_secret
from tests.oauth.oauth_tokens import CONFIDENTIAL, OTHER, PUBLIC, SECRET, App, held
from tests.sign_in.conftest import Clock


@pytest.mark.parametrize("which", ["access", "refresh"])
def test_a_client_without_a_secret_ends_all_of_an_approval_with_any_of_its_tokens(
    app: App, which: str
) -> None:
    # The MCP SDK's routes want a client_secret, and Authlib takes none without.
    connected, other = app.connected(), app.connected()
    answer = app.revoke(getattr(connected, which))
    assert (answer.status, answer.raw, answer.headers["cache-control"]) == (200, b"", "no-store")
    assert not app.works(connected.access)
    app.refresh(connected.refresh).refused(400, "invalid_grant")
    assert app.why_ended(connected.grant) == ["revoked_by_client"]
    assert app.works(other.access)


def test_a_token_that_was_rotated_already_is_as_good_for_that(app: App) -> None:
    connected = app.connected()
    second = held(app.refresh(connected.refresh))
    assert app.revoke(connected.refresh).status == 200
    assert not app.works(second.access)


def test_revoking_twice_is_fine(app: App, clock: Clock) -> None:
    connected = app.connected()
    assert app.revoke(connected.access).status == 200
    assert app.revoke(connected.access).status == 200
    late = app.connected()
    clock.ahead += timedelta(days=40)
    assert app.revoke(late.access).status == 200
    assert app.why_ended(connected.grant) == ["revoked_by_client"]


@pytest.mark.parametrize(
    "token",
    [
        encode_secret(APP_TOKEN, b"\1" * 32),
        encode_secret(REFRESH_TOKEN, b"\1" * 32),
        "junk",
        'ä"\\',
        "dl_pat_x",
    ],
)
def test_what_is_no_token_needs_no_revoking(app: App, token: str) -> None:
    assert app.revoke(token).status == 200


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", 'ä"'])
def test_the_hint_may_say_anything(app: App, hint: str) -> None:
    connected = app.connected()
    assert app.revoke(connected.access, token_type_hint=hint).status == 200
    assert not app.works(connected.access)


def test_a_token_of_another_client_is_refused_and_stays_good(app: App) -> None:
    # RFC 7009 §2.1: "the request is refused and the client is informed of the error".
    connected = app.connected()
    app.revoke(connected.access, OTHER).refused(400, "invalid_grant")
    answer = app.revoke(connected.refresh, CONFIDENTIAL, client_secret=SECRET)
    answer.refused(400, "invalid_grant")
    assert app.works(connected.access)


def test_a_token_has_to_be_sent_in_the_body(app: App) -> None:
    connected = app.connected()
    app.revoke("").refused(400, "invalid_request")
    query = f"{REVOKE}?token={connected.access}"
    app.wire.form(query, {"client_id": PUBLIC.id}).refused(400, "invalid_request")
    app.wire.json(REVOKE, {"client_id": PUBLIC.id}).refused(400, "invalid_request")
    twice = [("client_id", PUBLIC.id), ("token", "x"), ("token", connected.access)]
    app.wire.form(REVOKE, twice).refused(400, "invalid_request")
    assert app.wire.get(query).status == 405
    assert app.works(connected.access)


def test_an_unknown_client_is_told_so(app: App) -> None:
    connected = app.connected()
    app.revoke(connected.access, client_id="nobody").refused(401, "invalid_client")
    app.revoke(connected.access, client_id="").refused(401, "invalid_client")
    assert app.works(connected.access)
