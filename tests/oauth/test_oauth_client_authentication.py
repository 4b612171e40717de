"""How clients say who they are at the token endpoint, and what they are told who cannot."""

from base64 import b64encode
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.oauth.client_authentication import Presented, read_presented
from api.oauth.errors import OAuthProblem
from api.oauth.locations import TOKEN
from domain.secret import CLIENT_SECRET, encode_secret
from tests.mcp.wire import exchange
from tests.oauth.oauth_tokens import CONFIDENTIAL, PUBLIC, SECRET, App, basic, held
from tests.oauth.oauth_wire import FORM, Answer

WRONG = encode_secret(CLIENT_SECRET, b"\1" * 32)


def unauthenticated(answer: Answer) -> None:
    assert answer.headers["www-authenticate"].startswith('Basic realm="')
    answer.refused(401, "invalid_client")


def test_a_client_may_send_its_secret_in_the_header_alone(app: App) -> None:
    # The MCP SDK's routes want the client_id in the form all the same.
    held(app.redeem(app.approved(CONFIDENTIAL), basic(CONFIDENTIAL.id, SECRET), client_id=""))


def test_a_client_may_name_itself_in_the_form_as_well(app: App) -> None:
    held(app.redeem(app.approved(CONFIDENTIAL), basic(CONFIDENTIAL.id, SECRET)))


def test_a_client_may_send_its_secret_in_the_form(app: App) -> None:
    # However it registered: Authlib takes none but the header unless it is told to.
    held(app.redeem(app.approved(CONFIDENTIAL), client_secret=SECRET))


def test_refresh_and_revocation_take_both_ways_too(app: App) -> None:
    header = basic(CONFIDENTIAL.id, SECRET)
    first = app.connected(CONFIDENTIAL)
    second = held(app.refresh(first.refresh, CONFIDENTIAL, header, client_id=""))
    third = held(app.refresh(second.refresh, CONFIDENTIAL, client_secret=SECRET))
    assert app.revoke(third.access, CONFIDENTIAL, header, client_id="").status == 200
    assert not app.works(third.access)
    other = app.connected(CONFIDENTIAL)
    assert app.revoke(other.access, CONFIDENTIAL, client_secret=SECRET).status == 200
    assert not app.works(other.access)


def test_one_way_is_enough(app: App) -> None:
    approved = app.approved(CONFIDENTIAL)
    header = basic(CONFIDENTIAL.id, SECRET)
    app.redeem(approved, header, client_secret=SECRET).refused(400, "invalid_request")
    app.redeem(approved, header, client_id=PUBLIC.id).refused(400, "invalid_request")
    held(app.redeem(approved, header))


def test_an_unknown_client_is_told_so_with_401(app: App) -> None:
    # Claude registers anew at 401 invalid_client; Authlib answers 400.
    approved = app.approved()
    unauthenticated(app.redeem(approved, client_id="nobody"))
    unauthenticated(app.redeem(approved, basic("nobody", SECRET), client_id=""))
    unauthenticated(app.redeem(approved, client_id="nobody", client_secret=SECRET))
    unauthenticated(app.redeem(approved, client_id="https://nobody.example/client.json"))
    unauthenticated(app.redeem(approved, client_id='ä"\\'))
    unauthenticated(app.redeem(approved, client_id=""))


def test_a_wrong_secret_is_told_so_with_401(app: App) -> None:
    approved = app.approved(CONFIDENTIAL)
    unauthenticated(app.redeem(approved, client_secret=WRONG))
    unauthenticated(app.redeem(approved, client_secret="ä"))  # noqa: S106 - a wrong one
    unauthenticated(app.redeem(approved, basic(CONFIDENTIAL.id, WRONG)))
    unauthenticated(app.redeem(approved, basic(CONFIDENTIAL.id, "")))
    held(app.redeem(approved, client_secret=SECRET))


def test_a_client_with_a_secret_cannot_come_without(app: App) -> None:
    unauthenticated(app.redeem(app.approved(CONFIDENTIAL)))
    connected = app.connected(CONFIDENTIAL)
    unauthenticated(app.refresh(connected.refresh, CONFIDENTIAL))
    unauthenticated(app.revoke(connected.access, CONFIDENTIAL))
    assert app.works(connected.access)


def test_a_client_without_a_secret_may_come_with_an_empty_one_only(app: App) -> None:
    held(app.redeem(app.approved(), basic(PUBLIC.id, ""), client_id=""))
    unauthenticated(app.redeem(app.approved(), basic(PUBLIC.id, SECRET)))
    unauthenticated(app.redeem(app.approved(), client_secret=SECRET))


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !",
        "Basic YQ",
        "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b":secret").decode(),
        "Basic " + b64encode(b"\xff:\xff").decode(),
        "Basic " + b64encode(b"a%00:b").decode(),
        "Basic " + b64encode(b"a%ff:b").decode(),
        "Basic " + b64encode("ä:ö".encode()).decode(),
        b"Basic \xc3\xa4\xff",
        "Bearer dl_at_x",
        "Digest a=b",
    ],
)
def test_a_header_that_cannot_be_read_authenticates_nobody(app: App, header: str | bytes) -> None:
    # Authlib fails on those beyond ASCII, and on those that are no UTF-8.
    unauthenticated(app.redeem(app.approved(), header, client_id=""))


def test_the_header_comes_once(app: App) -> None:
    form = urlencode({"grant_type": "refresh_token", "refresh_token": "x"}).encode()
    header = f"Authorization: {basic(CONFIDENTIAL.id, SECRET)}\r\n"
    head = (
        f"POST {TOKEN} HTTP/1.1\r\nHost: 127.0.0.1:{app.product.port}\r\n{header}{header}"
        f"Content-Type: {FORM}\r\nContent-Length: {len(form)}\r\n\r\n"
    )
    answer = exchange(app.product.port, head.encode() + form)
    assert answer
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


@given(client_id=st.text(min_size=1), secret=st.text(min_size=1))
@example(client_id="https://app.example/client.json", secret="a:b%c+d e")  # noqa: S106 - no secret
def test_id_and_secret_are_encoded_as_in_a_form(client_id: str, secret: str) -> None:
    # RFC 6749 §2.3.1, appendix B: a plus is a blank there, which Authlib leaves a plus.
    try:
        encoded = basic(quote_plus(client_id), quote_plus(secret)).encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair
    if "\0" in client_id + secret:
        with pytest.raises(OAuthProblem):
            read_presented([encoded], {})
    else:
        assert read_presented([encoded], {}) == Presented(client_id, secret)


@given(header=st.binary())
def test_any_header_is_read_or_refused(header: bytes) -> None:
    for bytes_ in (header, b"Basic " + header, b"basic " + b64encode(header)):
        try:
            assert read_presented([bytes_], {}).client_id
        except OAuthProblem as problem:
            assert problem.status == 401  # noqa: PT017 - it may be read, too
