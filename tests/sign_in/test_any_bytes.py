"""Whatever is typed or sent, the pages stand, and what people wrote is shown as text."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.mcp.serving import Served
from tests.mcp.wire import exchange
from tests.sign_in.browser import FORM, Browser

FEW = settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PATHS = (
    *("/login", "/logout", "/setup", "/password", "/account", "/account/sessions", "/", "/x"),
    *("/oauth/authorize", "/oauth/consent"),
)
# No line breaks, which would end a header.
header_bytes = st.binary(max_size=60).map(lambda raw: raw.translate(None, b"\r\n\0"))
typed = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.fixture(autouse=True)
def nothing_amiss(caplog: pytest.LogCaptureFixture, product: Served) -> Iterator[None]:
    """Afterwards nothing was logged as an error, the pages answer, and the views follow."""
    caplog.set_level(logging.ERROR)
    yield
    assert caplog.get_records("call") == []
    assert Browser(product.port).get("/login").status == 200
    product.settle()


@FEW
@given(email=typed, password=typed, target=typed)
def test_any_text_may_be_typed_into_the_page_to_sign_in(
    browser: Browser, email: str, password: str, target: str
) -> None:
    answer = browser.submit("/login", email=email, password=password, next=target)
    assert answer.status in {403, 429}
    if email.isprintable():
        assert answer.fields("/login")["email"] == email


@FEW
@given(name=typed, email=typed, password=typed)
def test_any_text_may_be_typed_by_the_first_owner(
    product: Served, name: str, email: str, password: str
) -> None:
    browser = Browser(product.port)
    form = {**browser.get("/login").fields("/login"), "token": "dl_lnk_x"}
    form |= {"name": name, "email": email, "password": password, "again": password}
    assert browser.post("/setup", form).status == 404


@FEW
@given(path=st.sampled_from(PATHS), query=header_bytes, cookie=header_bytes, body=st.binary())
def test_any_bytes_may_be_sent_to_any_page(
    product: Served, path: str, query: bytes, cookie: bytes, body: bytes
) -> None:
    for method in (b"GET", b"POST"):
        request = b"".join(
            (
                method + b" " + path.encode() + b"?" + query.replace(b" ", b"+") + b" HTTP/1.1\r\n",
                f"Host: 127.0.0.1:{product.port}\r\n".encode(),
                b"Cookie: deskledger_session=" + cookie + b"\r\n",
                f"Content-Type: {FORM}\r\nContent-Length: {len(body)}\r\n".encode(),
                b"Accept: text/html\r\nConnection: close\r\n\r\n",
                body,
            )
        )
        answer = exchange(product.port, request)
        assert answer is None or answer.status < 500
