"""A browser without scripts: it keeps cookies by the rules, reads forms and fills them in."""

from collections.abc import Mapping
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import NamedTuple, Self
from urllib.parse import urlencode

SECONDS = 60.0
SESSION = "deskledger_session"
FORM = "application/x-www-form-urlencoded"


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def refusal(self) -> str:
        return _Reader.of(self.text).refusal

    def fields(self, action: str) -> dict[str, str]:
        """Return what the form for an action is filled with already."""
        return _Reader.of(self.text).forms[action]


class _Reader(HTMLParser):
    """Reads the forms of a page, and what it says was wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.refusal = ""
        self._form: dict[str, str] = {}
        self._refusing = False

    @classmethod
    def of(cls, text: str) -> Self:
        reader = cls()
        reader.feed(text)
        return reader

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = self.forms.setdefault(found["action"], {})
        if tag == "input" and "name" in found:
            self._form[found["name"]] = found.get("value", "")
        self._refusing = found.get("role") == "alert"

    def handle_data(self, data: str) -> None:
        if self._refusing:
            self.refusal += data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser names it
        self._refusing = False


class Browser:
    """Talks to one server. `cookies` is what it would send with the next request."""

    def __init__(self, port: int, **cookies: str) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.cookies = dict(cookies)

    @property
    def session(self) -> str:
        return self.cookies.get(SESSION, "")

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, "", headers)

    def post(
        self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a form as a page of ours would."""
        sent = {"Content-Type": FORM, "Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        return self.send("POST", path, urlencode(fields), {**sent, **(headers or {})})

    def submit(self, page: str, action: str = "", **fields: str) -> Answer:
        """Open a page, fill a form of it in and send it."""
        action = action or page.partition("?")[0]
        return self.post(action, {**self.get(page).fields(action), **fields})

    def sign_in(self, email: str, password: str) -> Answer:
        return self.submit("/login", email=email, password=password)

    def is_signed_in(self) -> bool:
        answer = self.get("/account")
        assert answer.status in {200, 303}
        return answer.status == 200

    def send(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        """Send a request as it is, with the cookies."""
        sent = {"Accept": "text/html", "User-Agent": "tests", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, body.encode(), sent)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for line in answer.headers.get_all("set-cookie", []):
            self._keep(line)
        found = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, found, text)

    def _keep(self, line: str) -> None:
        """Keep or forget a cookie, by the rules of RFC 6265bis for `__Host-` where it is Secure."""
        ((name, morsel),) = SimpleCookie(line).items()
        assert name.startswith("__Host-") == bool(morsel["secure"])
        assert morsel["httponly"]
        assert morsel["samesite"].lower() == "lax"
        assert (morsel["path"], morsel["domain"]) == ("/", "")
        if morsel["max-age"] == "0":
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = morsel.value
