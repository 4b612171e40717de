"""Whatever is presented as a credential, the gate turns it away without asking the database."""

import string
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.secret import ACCESS_TOKEN, SESSION, encode_secret
from tests.examples import examples
from tests.mcp.company import Company
from tests.mcp.serving import Served, served, until
from tests.mcp.wire import Answer, call, exchange

MANY = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
REFUSED = {400, 401, 403, 404, 405, 413, 421, 429, 431}

schemes = st.sampled_from(
    [b"Bearer ", b"bearer\t", b"BEARER  ", b"Bearer", b"Basic ", b"Digest ", b"DPoP ", b"", b" "]
)
# What the wire can carry: control characters are in, but for those that end a header.
raw = st.binary(max_size=80).map(lambda some: some.translate(None, b"\r\n\0"))
digits = st.text(string.ascii_letters + string.digits, max_size=60).map(str.encode)
prefixes = st.sampled_from([b"", b"dl_pat_", b"dl_ses_", b"dl_lnk_", b"dl_at_", b"DL_PAT_"])
huge = st.integers(1, 200_000).map(lambda number: b"A" * number)
others = st.binary(min_size=32, max_size=32).map(lambda bits: encode_secret(SESSION, bits).encode())
# One digit of a whole token is wrong, which is what a checksum is for.
mistyped = st.tuples(st.binary(min_size=32, max_size=32), st.integers(7, 55)).map(
    lambda made: swapped(encode_secret(ACCESS_TOKEN, made[0]), made[1]).encode()
)
secrets = raw | st.tuples(prefixes, digits).map(b"".join) | huge | others | mistyped
credentials = st.tuples(schemes, secrets).map(b"".join)


def swapped(token: str, place: int) -> str:
    other = "A" if token[place] != "A" else "B"
    return token[:place] + other + token[place + 1 :]


@pytest.fixture(scope="module")
def limited(desk_database: str, company: Company) -> Iterator[Served]:  # noqa: ARG001 - filled first
    """The same helpdesk, with limits so wide that nothing here meets them."""
    with served(desk_database, rate_per_credential=10_000, rate_per_address=10_000) as product:
        until(lambda: asked(product) == 3)  # to let in and to tell that it is ready, and to listen
        yield product


def asked(product: Served) -> int:
    """Return how often connections for reading were lent; leases are taken over them, too."""
    return product.desk.pool.get_stats()["requests_num"]


def sent(product: Served, *values: bytes) -> Answer | None:
    """Call a tool with some Authorization headers; None where the server hung up."""
    good = call("", "list_departments").but(authorization=None)
    lines = b"".join(b"authorization: " + value + b"\r\n" for value in values)
    start, rest = good.raw(product.port).split(b"\r\n", 1)
    return exchange(product.port, start + b"\r\n" + lines + rest)


def refused(answer: Answer | None) -> None:
    """Hanging up is an answer too."""
    if answer is not None:
        assert answer.status in REFUSED, answer
        assert b"Traceback" not in answer.body


@MANY
@given(credential=credentials)
@example(credential=b"Bearer " + b"\xff\xfe" * 30)
@example(credential=b"Bearer dl_pat_" + "\u0660".encode() * 49)
@example(credential=b"Bearer dl_pat_\x00")
def test_what_cannot_be_a_token_is_refused_without_a_read(
    limited: Served, credential: bytes
) -> None:
    before = asked(limited)
    refused(sent(limited, credential))
    assert asked(limited) == before


@MANY
@given(values=st.lists(credentials, min_size=2, max_size=4), place=st.integers(0, 3))
def test_of_several_credentials_none_counts_though_one_be_good(
    limited: Served, company: Company, values: list[bytes], place: int
) -> None:
    before = asked(limited)
    values.insert(place, b"Bearer " + company.token("Ana").encode())
    refused(sent(limited, *values))
    assert asked(limited) == before


@MANY
@given(bits=st.binary(min_size=32, max_size=32))
def test_a_token_that_nobody_made_is_looked_up_and_refused(limited: Served, bits: bytes) -> None:
    before = asked(limited)
    answer = sent(limited, b"Bearer " + encode_secret(ACCESS_TOKEN, bits).encode())
    assert answer
    assert answer.status == 401
    # Once for itself, and at times for a lease.
    assert 1 <= asked(limited) - before <= 2


def test_a_good_token_opens_beside_all_that(limited: Served, company: Company) -> None:
    answer = sent(limited, b"Bearer " + company.token("Ana").encode())
    assert answer
    assert answer.status == 200
