"""What pages are shown with: one style, one script and a mark, kept by browsers for as long as they stay."""

import re

import httpx2
import pytest

from tests.sign_in.browser import Browser


def addresses(page: str) -> list[str]:
    return re.findall(r'(?:href|src)="(/[a-z.]+\?v=\w+)"', page)


def test_a_page_names_all_it_is_shown_with_by_what_it_holds(ana: Browser) -> None:
    found = addresses(ana.get("/account").text)
    assert [address.partition("?")[0] for address in found] == [
        "/mark.svg",
        "/style.css",
        "/panel.js",
    ]
    for address in found:
        answer = ana.get(address)
        assert answer.headers["cache-control"] == "max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("version", ["", "?v=", "?v=0123456789ab", "?v=%00"])
def test_another_version_is_kept_for_minutes(ana: Browser, version: str) -> None:
    answer = ana.get(f"/style.css{version}")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "max-age=300"


def test_browsers_that_unpack_get_it_packed(ana: Browser) -> None:
    plain = ana.get("/style.css")
    packed = httpx2.get(f"{ana.origin}/style.css")
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
