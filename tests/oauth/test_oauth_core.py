"""What a client may ask at the authorization endpoint, and what its browser is sent away with."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.oauth.core import (
    Asked,
    AuthorizationRefused,
    authorization_pairs,
    client_id_of,
    error_location,
    read_authorization,
    success_location,
)
from api.oauth.errors import ErrorCode
from api.oauth.locations import Locations
from domain.oauth_client import OAuthClient
from domain.permissions import Scope

ISSUER = "https://desk.example"
AT = Locations(ISSUER)
HOME = "https://app.example/cb"
CHALLENGE = urlsafe_b64encode(sha256(b"v" * 43).digest()).rstrip(b"=").decode()
CLIENT = OAuthClient(id="c1", source="dynamic", name="App", redirect_uris=(HOME,))
PLAIN = {
    "response_type": "code",
    "client_id": "c1",
    "redirect_uri": HOME,
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
BOTH = (Scope.TICKETS_READ, Scope.TICKETS_WRITE)


def ask(
    *more: tuple[str, str],
    without: str = "",
    client: OAuthClient | None = CLIENT,
    at: Locations = AT,
    but: Mapping[str, str] = PLAIN,
    **changed: str,
) -> Asked:
    sent = [*{**PLAIN, **but, **changed}.items(), *more]
    query = urlencode([(name, value) for name, value in sent if name != without])
    return read_authorization(authorization_pairs(query.encode()), client, at)


def refused(
    *more: tuple[str, str],
    without: str = "",
    client: OAuthClient | None = CLIENT,
    but: Mapping[str, str] = PLAIN,
    **changed: str,
) -> AuthorizationRefused:
    with pytest.raises(AuthorizationRefused) as caught:
        ask(*more, without=without, client=client, but={**but, **changed})
    return caught.value


def test_a_complete_request_is_understood() -> None:
    assert ask() == Asked(
        client=CLIENT,
        redirect_uri=HOME,
        redirect_given=True,
        scopes=BOTH,
        state="s",
        challenge=CHALLENGE,
        resource=AT.resource,
        always=False,
    )


def test_an_unknown_client_is_never_redirected() -> None:
    problem = refused(client=None)
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_CLIENT, None)


def test_a_request_that_names_no_client_is_never_redirected() -> None:
    assert refused(without="client_id", client=None).redirect_uri is None


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/cb",
        f"{HOME}/",
        f"{HOME}?a=1",
        "HTTPS://app.example/cb",
        "https://app.example:443/cb",
        "https://app.example/%63b",
        "javascript:alert(1)",
        "http://[x",
        'https://app.example/"\\cb',
        "https://äpp.example/cb",
        "\x7f",
    ],
)
def test_an_address_that_is_not_the_clients_letter_by_letter_is_never_gone_to(uri: str) -> None:
    # With quotes or letters beyond ASCII in it, Authlib's own refusal fails.
    problem = refused(redirect_uri=uri)
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_REQUEST, None)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_what_binds_the_answer_comes_once_or_nothing_is_redirected(name: str) -> None:
    problem = refused((name, PLAIN[name]))
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_REQUEST, None)


@pytest.mark.parametrize(
    "name", ["response_type", "scope", "state", "code_challenge", "code_challenge_method", "prompt"]
)
def test_no_other_parameter_comes_twice_either(name: str) -> None:
    problem = refused((name, "x"), (name, "x"))
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_REQUEST, HOME)
    assert name in problem.description
    assert problem.state == (None if name == "state" else "s")


def test_what_nobody_knows_is_ignored_however_often_it_comes() -> None:
    assert ask(("nonce", "1"), ("nonce", "2")) == ask()


def test_a_blank_parameter_counts_as_left_out() -> None:
    asked = ask(("scope", ""), ("resource", ""), ("state", ""), without="state")
    assert (asked.scopes, asked.state) == (BOTH, None)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("", ErrorCode.INVALID_REQUEST),
        ("token", ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
        ("code token", ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
        ('"\\', ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
        ("cödé", ErrorCode.UNSUPPORTED_RESPONSE_TYPE),
    ],
)
def test_the_response_type_is_code(given: str, error: ErrorCode) -> None:
    # With quotes or letters beyond ASCII in it, Authlib's own refusal fails.
    problem = refused(response_type=given)
    assert (problem.error, problem.redirect_uri, problem.state) == (error, HOME, "s")


def test_a_bad_response_type_does_not_make_a_bad_address_good() -> None:
    assert refused(response_type="token", redirect_uri="https://evil.example/").redirect_uri is None


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": "", "code_challenge_method": ""},
        {"code_challenge": ""},
        {"code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": CHALLENGE[:-1]},
        {"code_challenge": f"{CHALLENGE}="},
        {"code_challenge": f"{CHALLENGE}\n"},
        {"code_challenge": f"{CHALLENGE}A"},
        {"code_challenge": CHALLENGE[:-1] + "."},
    ],
)
def test_nobody_gets_past_without_an_s256_challenge(changed: dict[str, str]) -> None:
    # Authlib's CodeChallenge(required=True) lets a request without any through consent, and takes
    # one without a method for plain.
    problem = refused(but=changed)
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_REQUEST, HOME)
    assert "S256" in problem.description or "SHA-256 in base64url" in problem.description


@pytest.mark.parametrize("method", ["none", "client_secret_basic"])
def test_a_client_with_a_secret_needs_a_challenge_as_well(method: str) -> None:
    client = OAuthClient(
        id="c1",
        source="registered",
        name="App",
        redirect_uris=(HOME,),
        auth_method=method,  # pyright: ignore[reportArgumentType] - parametrize gives str
    )
    assert refused(without="code_challenge", client=client).error is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        ("tickets:read", (Scope.TICKETS_READ,)),
        ("tickets:write tickets:read tickets:write", BOTH),
        ("tickets:read offline_access", (Scope.TICKETS_READ,)),
        ("openid  admin tickets:write ", (Scope.TICKETS_WRITE,)),
        ("", BOTH),
    ],
)
def test_scopes_that_are_no_tools_say_nothing(scope: str, scopes: tuple[Scope, ...]) -> None:
    assert ask(scope=scope).scopes == scopes


@pytest.mark.parametrize("scope", ["openid", "admin", "offline_access profile", " ", '"', "ä"])
def test_a_request_of_unknown_scopes_only_is_refused(scope: str) -> None:
    problem = refused(scope=scope)
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_SCOPE, HOME)


def test_a_client_gets_the_scopes_it_is_known_for_and_may_ask_for_more() -> None:
    reader = OAuthClient(  # as after an answer 403 (MCP, "Step-Up Authorization Flow")
        id="c1",
        source="dynamic",
        name="Reader",
        redirect_uris=(HOME,),
        scopes=(Scope.TICKETS_READ,),
    )
    assert ask(client=reader).scopes == (Scope.TICKETS_READ,)
    assert ask(client=reader, scope=" ".join(BOTH)).scopes == BOTH
    assert refused(client=reader, scope="admin").error is ErrorCode.INVALID_SCOPE


@pytest.mark.parametrize(
    "resource", [AT.resource, f"{AT.resource}/", ISSUER, f"{ISSUER}/"]
)  # the origin alone: gbrain#5222; a slash at the end: mcp-auth-proxy#123
def test_the_resource_may_be_named_as_clients_do(resource: str) -> None:
    assert ask(resource=resource).resource == AT.resource


def test_a_client_need_not_name_the_resource() -> None:  # claude-code#90497
    assert ask(without="resource").resource == AT.resource


@pytest.mark.parametrize(
    "resource",
    [
        "https://other.example/public/api/mcp",
        f"{AT.resource}/x",
        f"{AT.resource}#f",
        f"{AT.resource}?a=1",
        "http://desk.example",
        "/public/api/mcp",
        'ä"',
    ],
)
def test_another_resource_is_refused_at_once(resource: str) -> None:
    problem = refused(resource=resource)
    assert (problem.error, problem.redirect_uri) == (ErrorCode.INVALID_TARGET, HOME)


def test_two_resources_are_refused() -> None:
    assert refused(("resource", AT.resource), ("resource", AT.resource)).error == "invalid_target"


def test_the_address_may_be_left_out_where_there_is_one_only() -> None:
    asked = ask(without="redirect_uri")
    assert (asked.redirect_uri, asked.redirect_given) == (HOME, False)
    two = OAuthClient(
        id="c1", source="dynamic", name="App", redirect_uris=(HOME, "https://app.example/other")
    )
    assert refused(without="redirect_uri", client=two).redirect_uri is None


def test_on_the_machine_itself_the_port_does_not_count() -> None:  # sentry-mcp#1190
    client = OAuthClient(
        id="c1", source="dynamic", name="App", redirect_uris=("http://localhost/callback",)
    )
    there = "http://localhost:51234/callback"
    assert ask(client=client, redirect_uri=there).redirect_uri == there
    elsewhere = "http://127.0.0.1:51234/callback"
    assert refused(client=client, redirect_uri=elsewhere).redirect_uri is None


@pytest.mark.parametrize(
    ("prompt", "always"),
    [("consent", True), ("login consent", True), ("login", False), ("none", False), ("", False)],
)
def test_a_client_may_insist_on_the_question(prompt: str, always: bool) -> None:
    assert ask(prompt=prompt).always is always


@pytest.mark.parametrize(
    "raw",
    [
        b"client_id=c1&state=%ff",
        b"client_id=c1&state=%00",
        b"client_id=c1&state=%zz",
        b"client_id=c1&state=\xc3\xa4",
        b"client_id=c1&state=a b",
        b"a=1&" * 65,
        b"state=" + b"x" * 20_000,
    ],
)
def test_what_is_not_encoded_as_it_should_be_is_never_redirected(raw: bytes) -> None:
    with pytest.raises(AuthorizationRefused) as caught:
        authorization_pairs(raw)
    assert (caught.value.error, caught.value.redirect_uri) == (ErrorCode.INVALID_REQUEST, None)


def test_who_asks_is_known_only_if_it_is_said_once() -> None:
    assert client_id_of(authorization_pairs(b"client_id=https%3A%2F%2Fa%2Fb&client_id=")) == (
        "https://a/b"
    )
    assert client_id_of(authorization_pairs(b"client_id=a&client_id=a")) is None
    assert client_id_of(()) is None


def test_a_server_that_is_reached_without_tls_refuses_to_answer_anybody() -> None:
    with pytest.raises(AuthorizationRefused, match="https"):
        ask(at=Locations("http://desk.example"))
    assert ask(at=Locations("http://127.0.0.1:8080")).state == "s"


STATE = 'ä &=+%20"\n\\#😀'


def test_a_code_goes_back_with_the_state_as_it_came_and_our_name() -> None:
    location = success_location(ask(state=STATE), "dl_ac_x", AT)
    assert location.startswith(f"{HOME}?code=dl_ac_x&state=")
    assert location.isascii()
    sent = parse_qs(urlsplit(location).query, strict_parsing=True)
    assert sent == {"code": ["dl_ac_x"], "state": [STATE], "iss": [ISSUER]}


def test_a_refusal_goes_back_with_the_state_as_it_came_and_our_name() -> None:
    location = error_location(HOME, "access_denied", 'He said "no"', STATE, AT)
    sent = parse_qs(urlsplit(location).query, strict_parsing=True)
    assert sent == {
        "error": ["access_denied"],
        "error_description": ["He said 'no'"],
        "state": [STATE],
        "iss": [ISSUER],
    }


@pytest.mark.parametrize(
    ("uri", "start"),
    [
        (f"{HOME}?a=%2f&b", f"{HOME}?a=%2f&b&code="),
        (f"{HOME}?", f"{HOME}?code="),
        ("com.example.app:/cb", "com.example.app:/cb?code="),
        ("http://[::1]:3000/cb", "http://[::1]:3000/cb?code="),
    ],
)
def test_no_letter_of_the_address_changes(uri: str, start: str) -> None:
    client = OAuthClient(id="c1", source="dynamic", name="App", redirect_uris=(uri,))
    asked = ask(client=client, redirect_uri=uri, without="state")
    location = success_location(asked, "x", AT)
    assert location.startswith(start)
    assert "state" not in location


@given(raw=st.binary(max_size=300))
def test_any_query_is_understood_or_refused(raw: bytes) -> None:
    with pytest.raises(AuthorizationRefused):
        read_authorization(authorization_pairs(raw), CLIENT, AT)


@given(
    fields=st.dictionaries(
        st.sampled_from([*PLAIN, "scope", "resource", "prompt"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        max_size=4,
    )
)
def test_any_text_in_a_parameter_is_understood_or_refused(fields: dict[str, str]) -> None:
    try:
        asked = ask(but=fields)
    except AuthorizationRefused as problem:
        assert problem.redirect_uri in {None, HOME}  # noqa: PT017 - it may be understood, too
    else:
        assert asked.redirect_uri == HOME
