"""A person at a browser: goes where a client sends her, signs in, reads what it asks, and answers."""

import re
from contextlib import closing
from html import unescape
from http.client import HTTPConnection
from typing import Literal
from urllib.parse import urlsplit

from api.oauth.locations import CONSENT
from tests.sign_in.browser import SECONDS, Answer, Browser

Choice = Literal["approve", "deny"]
_GOES_ON = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


class Person:
    """`asked` are the pages that asked her about a client, `signed_in` how often she had to sign in."""

    def __init__(self, browser: Browser, email: str, password: str) -> None:
        self.browser = browser
        self.choice: Choice = "approve"
        self.asked: list[str] = []
        self.signed_in = 0
        self._email = email
        self._password = password

    def open(self, address: str, choice: Choice | None = None) -> str:
        """Go where a client sends her; return where she is sent in the end, which is not ours.

        She makes her usual choice unless told another.
        """
        answer = self._get(address)
        if answer.location.startswith("/login?"):
            answer = self._sign_in(answer.location)
        if answer.status == 200:
            assert f'action="{CONSENT}"' in answer.text, answer
            self.asked.append(answer.text)
            fields = answer.fields(CONSENT)
            answer = self.browser.post(CONSENT, {**fields, "answer": choice or self.choice})
        assert answer.status == 303, answer
        assert urlsplit(answer.location).netloc != urlsplit(self.browser.origin).netloc, answer
        return answer.location

    def open_through(self, address: str) -> None:
        """Go where a client sends her, and on to where that client listens on this computer."""
        landed = urlsplit(self.open(address))
        with closing(HTTPConnection(landed.netloc, timeout=SECONDS)) as connection:
            connection.request("GET", landed._replace(scheme="", netloc="").geturl())
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()

    def _sign_in(self, page: str) -> Answer:
        self.signed_in += 1
        answer = self.browser.submit(page, email=self._email, password=self._password)
        onward = _GOES_ON.search(answer.text)
        assert onward, answer
        return self._get(unescape(onward[1]))

    def _get(self, address: str) -> Answer:
        return self.browser.get(urlsplit(address)._replace(scheme="", netloc="").geturl())
