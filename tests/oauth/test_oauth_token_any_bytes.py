"""Whatever is sent as a form to the token endpoints, they stand, and say what was wrong."""

import logging
from collections.abc import Iterator
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.oauth.errors import ErrorCode
from api.oauth.locations import REVOKE, TOKEN
from domain.secret import APP_TOKEN, CODE, REFRESH_TOKEN, encode_secret
from tests.examples import examples
from tests.oauth.oauth_grants import VERIFIER
from tests.oauth.oauth_tokens import CONFIDENTIAL, PUBLIC, SECRET, App, basic
from tests.oauth.oauth_wire import FORM, Answer

FEW = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NAMES = (
    "grant_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "resource",
    "scope",
    "token",
    "token_type_hint",
)
secrets = [encode_secret(prefix, bytes(32)) for prefix in (CODE, REFRESH_TOKEN, APP_TOKEN)]
known = [
    "authorization_code",
    "refresh_token",
    PUBLIC.id,
    CONFIDENTIAL.id,
    "https://nobody.example/client.json",
    SECRET,
    VERIFIER,
    "tickets:read",
    *secrets,
]
values = st.sampled_from(known).map(str.encode) | st.binary(max_size=20)
fields = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=8)
header = st.sampled_from(["", basic(CONFIDENTIAL.id, SECRET), basic(PUBLIC.id, ""), "Basic"])


@pytest.fixture(autouse=True)
def nothing_amiss(caplog: pytest.LogCaptureFixture, app: App) -> Iterator[None]:
    """Afterwards nothing was logged as an error, and codes are redeemed as ever."""
    caplog.set_level(logging.ERROR)
    yield
    assert caplog.get_records("call") == []
    assert app.works(app.connected().access)


def require_an_answer(answer: Answer) -> None:
    if answer.status == 200:  # a revocation of what is no token
        assert answer.raw == b""
    else:
        error = ErrorCode(answer.body["error"])
        answer.refused(401 if error is ErrorCode.INVALID_CLIENT else 400, error)


@FEW
@given(path=st.sampled_from([TOKEN, REVOKE]), body=st.binary(max_size=200))
def test_any_bytes_may_be_a_form(app: App, path: str, body: bytes) -> None:
    require_an_answer(app.wire.send("POST", path, body, {"Content-Type": FORM}))


@FEW
@given(path=st.sampled_from([TOKEN, REVOKE]), sent=fields, authorization=header)
def test_anything_may_be_said_in_a_form(
    app: App, path: str, sent: list[tuple[str, bytes]], authorization: str
) -> None:
    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in sent)
    headers = {"Content-Type": FORM}
    if authorization:
        headers["Authorization"] = authorization
    require_an_answer(app.wire.send("POST", path, body.encode(), headers))


@FEW
@given(name=st.sampled_from(NAMES), value=values)
def test_anything_may_be_wrong_with_a_request_that_is_right_otherwise(
    app: App, name: str, value: bytes
) -> None:
    form = {
        "grant_type": "authorization_code",
        "client_id": PUBLIC.id,
        "code": secrets[0],
        "code_verifier": VERIFIER,
        "refresh_token": secrets[1],
        "token": secrets[2],
    }
    encoded = {each: quote_from_bytes(said.encode()) for each, said in form.items()}
    body = "&".join(
        f"{each}={said}" for each, said in {**encoded, name: quote_from_bytes(value)}.items()
    )
    for path in (TOKEN, REVOKE):
        require_an_answer(app.wire.send("POST", path, body.encode(), {"Content-Type": FORM}))
