"""What every page of the panel owes those who look at it, and forms that no page offered."""

from html.parser import HTMLParser

from tests.sign_in.browser import Answer, Browser

# Where links lead that have a program on the person's own machine add the server.
INSTALLING = ("cursor://anysphere.cursor-deeplink/mcp/install?", "vscode:mcp/install?")


class Marks(HTMLParser):
    """Collects what a page makes a browser do."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "script":
            self.scripts.append(found.get("src", "inline").partition("?")[0])
        if tag in {"img", "iframe", "object", "embed", "base", "style", "template"}:
            self.wrong.append(tag)
        for name, value in found.items():
            leads = name in {"href", "src", "action", "formaction"}
            if (tag, name) == ("a", "href") and value.startswith(INSTALLING):
                continue
            if name.startswith("on") or name == "style" or (leads and not is_ours(value)):
                self.wrong.append(f"{tag} {name}={value}")


def is_ours(address: str) -> bool:
    return address.startswith(("/", "#")) and not address.startswith(("//", "/\\"))


def assert_harmless(answer: Answer) -> None:
    """Assert that all of the page's markup is ours."""
    marks = Marks()
    marks.feed(answer.text)
    assert marks.wrong == []
    assert marks.scripts in (["/panel.js"], [])


def assert_guarded(answer: Answer) -> None:
    headers = answer.headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def forge(browser: Browser, path: str, **fields: str) -> Answer:
    """Send a form that no page offered."""
    csrf = browser.get("/account").fields("/logout")["csrf"]
    return browser.post(path, {"csrf": csrf, **fields})
