"""Clients in other languages: each is a script that says where it sends the person, and what passed."""

import subprocess
import threading
from collections.abc import Sequence

import msgspec

from tests.oauth.clients.person import Choice, Person

SECONDS = 60


class Line(msgspec.Struct):
    """What a script says: an address to open and what to choose there, or what it has checked."""

    open: str = ""
    choice: Choice = "approve"
    passed: str = ""


class Driven(msgspec.Struct):
    """How a script went: what passed, and where not all of it did, why."""

    passed: list[str]
    fault: str


def drive(command: Sequence[str], person: Person) -> Driven:
    """Run a script to its end, with a person at the browser."""
    driven = Driven([], "")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        end = threading.Timer(SECONDS, process.kill)
        end.start()
        try:
            for text in process.stdout:
                line = msgspec.json.decode(text, type=Line)
                if line.passed:
                    driven.passed.append(line.passed)
                if line.open:
                    print(person.open(line.open, line.choice), file=process.stdin, flush=True)
        finally:
            end.cancel()
        said = process.stderr.read()
    if process.returncode:
        driven.fault = said or f"No end after {SECONDS} seconds"
    return driven
