"""The demo as a newcomer starts it, for clients that are not ours."""

import re
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

from tests.database import temporary_folder

_SECONDS_TO_STOP = 20


class Demo(NamedTuple):
    """The demo's MCP URL and token, and the folder of its data."""

    url: str
    token: str
    folder: str


@contextmanager
def served_demo() -> Generator[Demo]:
    """Run `deskledger serve --demo` on a free port for as long as the block runs.

    Raises RuntimeError with what it printed where it ends before it serves.
    """
    with temporary_folder() as folder:
        command = ["deskledger", "serve", "--demo", "--port", "0", "--data", str(folder)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                yield _printed(process, str(folder))
            finally:
                process.terminate()
                process.wait(_SECONDS_TO_STOP)


def _printed(process: subprocess.Popen[str], folder: str) -> Demo:
    text = ""
    for line in process.stdout or ():
        text += line
        url = re.search(r"MCP URL\s+(http\S+)", text)
        token = re.search(r"Token\s+(dl_pat_\w+)", text)
        if url and token:
            return Demo(url[1], token[1], folder)
    raise RuntimeError(f"the demo did not begin to serve: {text}")
