"""What the standards ask, point by point: the token endpoint, and the tokens at the resource."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlencode

import pytest

from api.mcp import PATH
from tests.mcp.company import Company
from tests.mcp.serving import Served, served
from tests.mcp.wire import modern
from tests.oauth.clients.person import Person
from tests.oauth.oauth_grants import VERIFIER
from tests.oauth.oauth_stranger import BOTH, Stranger, basic, challenge_of, path_of
from tests.oauth.oauth_tokens import held
from tests.oauth.oauth_wire import FORM, JSON, Wire
from tests.sign_in.conftest import Clock

WRONG = "x" * 43
AT_ONCE = 8
T = TypeVar("T")


@pytest.fixture(scope="module")
def confidential(moving: tuple[Served, object], pia: Person) -> Stranger:
    method = "client_secret_basic"
    return Stranger(Wire(moving[0].port), pia, token_endpoint_auth_method=method)


def at_once(do: Callable[[], T]) -> list[T]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        doing = [threads.submit(do) for _ in range(AT_ONCE)]
        return [each.result() for each in doing]


def test_the_token_endpoint_reads_a_form_and_nothing_else(approved: Stranger) -> None:
    """16. RFC 6749 §3.2, §5.1, §5.2; OAuth 2.1 §3.2.2: what is in an address gets into logs."""
    wire, path = approved.wire, path_of(approved.server["token_endpoint"])
    code = approved.get_code()
    form = {
        "grant_type": "authorization_code",
        "client_id": approved.id,
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": approved.client["redirect_uris"][0],
    }
    query = urlencode(form)
    assert wire.get(f"{path}?{query}").status == 405
    wire.send("POST", f"{path}?{query}", b"", {"Content-Type": FORM}).refused(
        400, "invalid_request"
    )
    wire.json(path, form).refused(400, "invalid_request")
    wire.form(path, form, Content_Type=JSON).refused(400, "invalid_request")
    for body in (b"%ff=%ff", b"grant_type=\xc3\x28", b"grant_type=%00", b"\xff\xfe\x00", b"%"):
        wire.send("POST", path, body, {"Content-Type": FORM}).refused(400, "invalid_request")
    for pair in form.items():
        wire.form(path, [*form.items(), pair]).refused(400, "invalid_request")
    answer = wire.form(path, form)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.body["token_type"] == "Bearer"  # noqa: S105 - no password
    assert answer.body["scope"] == BOTH


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": '"ä'}, "unsupported_grant_type"),
        ({"code": ""}, "invalid_request"),
        ({"code": "unheard"}, "invalid_grant"),
        ({"code": '"ä\u2028'}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": WRONG}, "invalid_grant"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_grant"),
        ({"redirect_uri": "http://[x"}, "invalid_grant"),
        ({"redirect_uri": '"ä\u2028'}, "invalid_grant"),
        ({"resource": "https://elsewhere.example/"}, "invalid_target"),
    ],
)
def test_every_fault_has_its_code_and_uses_no_code_up(
    approved: Stranger, wrong: dict[str, str], error: str
) -> None:
    """16, 17. RFC 6749 §5.2, RFC 8707 §2.2, OAuth 2.1 §4.1.3."""
    code = approved.get_code()
    approved.redeem(code, **wrong).refused(400, error)
    held(approved.redeem(code))


def test_a_code_is_for_one_client_and_one_minute(
    approved: Stranger, confidential: Stranger, clock: Clock
) -> None:
    """17. OAuth 2.1 §4.1.2, §4.1.3."""
    code = approved.get_code()
    confidential.redeem(code).refused(400, "invalid_grant")
    clock.ahead += timedelta(seconds=61)
    approved.redeem(code).refused(400, "invalid_grant")


def test_a_code_that_comes_again_ends_its_tokens_if_whoever_has_it_has_all_the_rest(
    approved: Stranger,
) -> None:
    """17. OAuth 2.1 §4.1.3, §7.5.2: else whoever saw a code could cut the client off."""
    code = approved.get_code()
    first = held(approved.redeem(code))
    for wrong in ({"code_verifier": WRONG}, {"redirect_uri": "https://evil.example/"}):
        approved.redeem(code, **wrong).refused(400, "invalid_grant")
    assert approved.works(first.access)
    approved.redeem(code).refused(400, "invalid_grant")
    assert not approved.works(first.access)
    approved.refresh(first.refresh).refused(400, "invalid_grant")


@pytest.mark.parametrize(
    "header",
    [
        basic("unheard", "x"),
        "Basic",
        "Basic ====",
        "Basic /////w==",
        b"Basic \xe4\xff",
        b"\xff",
        "Bearer x",
    ],
)
def test_whoever_does_not_prove_to_be_a_client_is_told_how_to(
    wire: Wire, confidential: Stranger, header: str | bytes
) -> None:
    """18. RFC 6749 §5.2: 401, with a challenge of the scheme that was tried."""
    for endpoint in ("token_endpoint", "revocation_endpoint"):
        path = path_of(confidential.server[endpoint])
        form = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
        answer = wire.form(path, form, Authorization=header)  # pyright: ignore[reportArgumentType] - bytes go, too
        answer.refused(401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith('Basic realm="')


def test_an_unknown_client_and_a_wrong_secret_are_told_apart_from_all_else(
    wire: Wire, confidential: Stranger
) -> None:
    """18. RFC 6749 §5.2."""
    path = path_of(confidential.server["token_endpoint"])
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    for given in ({"client_id": "unheard"}, {"client_id": confidential.id}, {}):
        wire.form(path, {**form, **given}).refused(401, "invalid_client")
    wrong = {"client_id": confidential.id, "client_secret": "x"}
    wire.form(path, {**form, **wrong}).refused(401, "invalid_client")
    header = basic(confidential.id, "x")
    wire.form(path, form, Authorization=header).refused(401, "invalid_client")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_secret_goes_in_the_header_or_in_the_body(wire: Wire, pia: Person, method: str) -> None:
    """19. OAuth 2.1 §2.4.1, RFC 6749 §2.3.1: at both endpoints; all else of a client needs no client_id."""
    client = Stranger(wire, pia, token_endpoint_auth_method=method)
    assert client.client["token_endpoint_auth_method"] == method
    tokens = held(client.refresh(client.connect().refresh))
    assert client.works(tokens.access)
    assert client.revoke(tokens.refresh).status == 200
    assert not client.works(tokens.access)


def test_a_refresh_token_that_comes_again_late_ends_all_of_its_kin(
    approved: Stranger, clock: Clock
) -> None:
    """20. OAuth 2.1 §4.3.1, RFC 9700 §4.14.2."""
    first, other = approved.connect(), approved.connect()
    second = held(approved.refresh(first.refresh))
    assert second.refresh != first.refresh
    clock.ahead += timedelta(minutes=2)
    approved.refresh(first.refresh).refused(400, "invalid_grant")
    approved.refresh(second.refresh).refused(400, "invalid_grant")
    assert not approved.works(second.access)
    assert approved.works(other.access)


def test_a_refresh_token_that_nobody_uses_dies(approved: Stranger, clock: Clock) -> None:
    """20. OAuth 2.1 §4.3.3, RFC 9700 §4.14.2."""
    first = approved.connect()
    clock.ahead += timedelta(days=29)
    second = held(approved.refresh(first.refresh))
    clock.ahead += timedelta(days=31)
    approved.refresh(second.refresh).refused(400, "invalid_grant")


def test_no_refresh_widens_anything(approved: Stranger) -> None:
    """21. OAuth 2.1 §4.3.1, §4.3.3, RFC 8707 §2.2: a narrow one narrows the access token alone."""
    reading = approved.connect(scope="tickets:read")
    assert reading.scope == "tickets:read"
    approved.refresh(reading.refresh, scope=BOTH).refused(400, "invalid_scope")
    wide = approved.connect()
    narrow = held(approved.refresh(wide.refresh, scope="tickets:read"))
    assert narrow.scope == "tickets:read"
    again = held(approved.refresh(narrow.refresh, scope=BOTH))
    assert again.scope == BOTH
    elsewhere = "https://elsewhere.example/"
    approved.refresh(again.refresh, resource=elsewhere).refused(400, "invalid_target")
    approved.refresh(again.refresh, scope="openid").refused(400, "invalid_scope")
    held(approved.refresh(again.refresh, resource=f"{approved.wire.issuer}{PATH}"))


def test_of_eight_who_bring_a_code_at_once_one_is_served(approved: Stranger) -> None:
    """22. OAuth 2.1 §4.1.3."""
    code = approved.get_code()
    answers = at_once(lambda: approved.redeem(code))
    assert sorted(answer.status for answer in answers) == [200, *[400] * (AT_ONCE - 1)]


def test_of_eight_who_refresh_at_once_all_get_the_one_successor(approved: Stranger) -> None:
    """22. OAuth 2.1 §4.3.1: those who lost the answer are no thieves."""
    tokens = approved.connect()
    answers = at_once(lambda: approved.refresh(tokens.refresh))
    assert len({held(answer) for answer in answers}) == 1
    assert approved.works(held(answers[0]).access)


def test_a_token_is_taken_from_the_header_and_from_nowhere_else(approved: Stranger) -> None:
    """23. OAuth 2.1 §5.1, MCP 2026-07-28, RFC 6750 §2.2, §2.3."""
    token = approved.connect().access
    bare = modern("", "tools/list").but(authorization=None)
    for request in (
        bare._replace(path=f"{PATH}?access_token={token}"),
        bare._replace(body=f"access_token={token}".encode()).but(content_type=FORM),
        bare.but(cookie=f"access_token={token}"),
        bare.but(authorization=basic(token, "")),
    ):
        assert request.send(approved.wire.port).status == 401
    lower = bare.but(authorization=f"bearer {token}")
    assert lower.send(approved.wire.port).status == 200, "schemes have no case (RFC 9110 §11.1)"


def test_a_token_is_for_one_resource(approved: Stranger, desk_database: str) -> None:
    """23. RFC 8707 §2, MCP 2026-07-28, token audience: not for REST, nor under another address."""
    token = approved.connect().access
    rest = approved.wire.get("/api/v1/tickets", Authorization=f"Bearer {token}")
    assert rest.status == 401
    with served(desk_database, public_url="https://other.example") as other:
        assert modern(token, "tools/list").send(other.port).status == 401
    assert approved.works(token)


def test_no_other_secret_of_a_clients_is_a_token(approved: Stranger) -> None:
    """23. RFC 6750 §3.1."""
    code = approved.get_code()
    for secret in (approved.connect().refresh, code, approved.id):
        answer = modern(secret, "tools/list").send(approved.wire.port)
        assert answer.status == 401
        assert challenge_of(answer)["error"] == "invalid_token"


def test_a_token_that_is_too_narrow_is_told_all_that_it_takes(
    approved: Stranger, company: Company
) -> None:
    """23. MCP 2026-07-28, "Scope Challenge Handling"; RFC 6750 §3.1; then the client asks for it."""
    ticket = str(company.tickets["lid"].id)
    answer = approved.act(approved.connect(scope="tickets:read").access, ticket)
    told = challenge_of(answer)
    assert (answer.status, told["error"]) == (403, "insufficient_scope")
    assert told["resource_metadata"].endswith(PATH)
    wider = approved.connect(scope=told["scope"])
    assert approved.act(wider.access, ticket).status == 200
