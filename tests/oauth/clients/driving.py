"""Clients in other languages: each is a script that says where it sends the person, and what passed."""

import subprocess
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager

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


@contextmanager
def running(command: Sequence[str]) -> Generator["subprocess.Popen[str]"]:
    """Run a program within the block, and for `SECONDS` at most; a fault in the block ends it."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        end = threading.Timer(SECONDS, process.kill)
        end.start()
        try:
            yield process
            process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            end.cancel()


def drive(command: Sequence[str], person: Person) -> Driven:
    """Run a script to its end, with a person at the browser."""
    driven = Driven([], "")
    said = ""
    try:
        with running(command) as process:
            for text in process.stdout or ():
                line = _line(text)
                if line is None:
                    said += text
                elif line.open:
                    print(person.open(line.open, line.choice), file=process.stdin, flush=True)
                else:
                    driven.passed.append(line.passed)
    except (AssertionError, OSError) as fault:
        driven.fault = f"{said}The browser cannot go on: {fault}"
    else:
        driven.fault = (said or f"No end after {SECONDS} seconds") if process.returncode else ""
    return driven


def _line(text: str) -> Line | None:
    try:
        return msgspec.json.decode(text, type=Line)
    except msgspec.MsgspecError:
        return None
