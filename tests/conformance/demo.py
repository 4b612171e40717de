"""The demo as a newcomer starts it, for clients that are not ours."""

import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.database import temporary_folder

_SECONDS_TO_STOP = 20


class Demo(NamedTuple):
    """The demo's MCP URL and token, and the link that opens its panel."""

    url: str
    token: str
    link: str


@contextmanager
def served_demo() -> Generator[Demo]:
    """Run `deskledger serve --demo` on a free port for as long as the block runs.

    Raises RuntimeError with what it printed where it ends before it serves.
    """
    with temporary_folder() as folder:
        program = str(Path(sys.executable).with_name("deskledger"))
        command = [program, "serve", "--demo", "--port", "0", "--data", str(folder)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                yield _printed(process)
            finally:
                process.terminate()
                process.wait(_SECONDS_TO_STOP)


def _printed(process: subprocess.Popen[str]) -> Demo:
    text = ""
    for line in process.stdout or ():
        text += line
        url = re.search(r"MCP URL\s+(http\S+)", text)
        token = re.search(r"Token\s+(dl_pat_\w+)", text)
        link = re.search(r"Panel\s+(http\S+)", text)
        if url and token and link:
            return Demo(url[1], token[1], link[1])
    raise RuntimeError(f"the demo did not begin to serve: {text}")
