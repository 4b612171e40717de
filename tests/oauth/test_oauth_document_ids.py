"""Client ID Metadata Documents: which URLs may name one."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.oauth.client_document import LONGEST, DocumentRefused, require_document_url


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example/client.json",
        "https://app.example/",
        "https://app.example:443/client.json",
        "https://app.example:8443/client.json",
        "https://App.Example/client.json",
        "https://app.example/client.json?version=1",
        "https://app.example/a..b/.well-known/...",
        "https://app.example/~me/a%20b",
        "https://my_app.example/c",
        "https://xn--bcher-kva.example/c",
        "https://[2606:4700::1111]/c",
        f"https://app.example/{'a' * (LONGEST - 20)}",
    ],
)
def test_these_may_name_a_document(url: str) -> None:
    require_document_url(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://app.example/c", "https"),
        ("HTTPS://app.example/c", "https"),
        ("httpsx://app.example/c", "https"),
        ("javascript://app.example/c", "https"),
        ("app.example/c", "https"),
        ("", "character"),
        ("https://", "no host"),
        ("https:///c", "no host"),
        ("https://./c", "no host"),
        ("https://app.example./c", "no host"),
        ("https://:443/c", "no host"),
        ("https://app.example:/c", "no host"),
        ("https://app.example:0443/c", "no host"),
        ("https://app.example:99999/c", "no URL"),
        ("https://app.example:x/c", "no URL"),
        ("https://[app.example/c", "no URL"),
        ("https://[::1]app.example/c", "no (host|URL)"),
        ("https://app.example%2f.other.example/c", "no host"),
        ("https://app.example&.other.example/c", "no host"),
        (f"https://{'a.' * 130}example/c", "no host"),
        ("https://app.example", "no path"),
        ("https://app.example?a=b", "no path"),
        ("https://me@app.example/c", "user"),
        ("https://me:secret@app.example/c", "user"),
        ("https://@app.example/c", "user"),
        ("https://app.example/c#", "fragment"),
        ("https://app.example/c#part", "fragment"),
        ("https://app.example/./c", "dot segment"),
        ("https://app.example/a/../c", "dot segment"),
        ("https://app.example/..", "dot segment"),
        ("https://app.example/%2e/c", "dot segment"),
        ("https://app.example/%2E%2e/c", "dot segment"),
        ("https://app.example/.%2e/c", "dot segment"),
        ("https://app.example/a%2f..%2fc", "dot segment"),
        ("https://app.example/a%5c..%5cc", "dot segment"),
        ("https://app.example/a b", "character"),
        ("https://app.example/a\\b", "character"),
        ("https://app.example/a\n", "character"),
        ("https://app.example/\0", "character"),
        ("https://app.example/ü", "character"),
        ("https://büro.example/c", "character"),
        ("https://app.example/%zz", "character"),
        ("https://app.example/%", "character"),
        (f"https://app.example/{'a' * LONGEST}", "longer"),
    ],
)
def test_these_may_not(url: str, why: str) -> None:
    with pytest.raises(DocumentRefused, match=why):
        require_document_url(url)


def test_plain_http_is_for_named_hosts_with_their_ports() -> None:
    require_document_url("http://127.0.0.1:9000/c", {"127.0.0.1:9000"})
    for url in ("http://127.0.0.1:9001/c", "http://127.0.0.1/c", "http://127.0.0.1:9000/../c"):
        with pytest.raises(DocumentRefused):
            require_document_url(url, {"127.0.0.1:9000"})


@given(st.text() | st.from_regex(r"https://[a-z.@:%\[\]#?/\\]*", fullmatch=True))
def test_an_id_is_a_url_that_is_read_in_one_way_only_or_refused(client_id: str) -> None:
    try:
        require_document_url(client_id)
    except DocumentRefused:
        return
    url = urlsplit(client_id)
    rest = f"?{url.query}" if "?" in client_id else ""
    assert client_id == f"https://{url.netloc}{url.path}{rest}"
    assert url.netloc.strip("[]") == url.hostname or url.port is not None
