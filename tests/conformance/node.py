"""Finds Node.js and the npm packages the legs run, and installs what is missing under `.tools/npm`."""

import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

INSTALLED = Path(__file__).parents[2] / ".tools" / "npm"
OLDEST = (22, 19)  # the Inspector's; the conformance suite needs 22


class NotInstalledError(Exception):
    """Node.js or a package cannot be had; the text is one line for the user."""


def node() -> str:
    """Return a node that is new enough: the machine's, else one from npm.

    Raises NotInstalledError.
    """
    found = shutil.which("node")
    if found is not None and version_of(found) >= OLDEST:
        return found
    return str(package(node_package(), "22") / "bin" / "node")


def version_of(node_path: str) -> tuple[int, ...]:
    said = subprocess.run([node_path, "--version"], capture_output=True, text=True, check=False)
    numbers = said.stdout.strip().removeprefix("v").split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdecimal())


def node_package() -> str:
    system = sys.platform
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    # The plain name of this one build belonged to somebody else.
    prefix = "node-bin" if (system, machine) == ("darwin", "arm64") else "node"
    return f"{prefix}-{system}-{machine}"


def package(name: str, version: str) -> Path:
    """Return the folder of an npm package, installed without running scripts of its own.

    Raises NotInstalledError.
    """
    wanted = f"{name}@{version}"
    home = INSTALLED / wanted.replace("/", "+")
    if not home.exists():
        install(wanted, home)
    return home / "node_modules" / name


def install(wanted: str, home: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalledError(f"{wanted} is needed and npm is not installed: install Node.js 22")
    click.echo(f"Installing {wanted} ...", err=True)
    INSTALLED.mkdir(parents=True, exist_ok=True)
    # Installed aside and renamed, so that an interrupted installation leaves nothing half done.
    with tempfile.TemporaryDirectory(dir=INSTALLED) as aside:
        fresh = Path(aside) / "fresh"
        fresh.mkdir()
        command = [npm, "install", "--prefix", str(fresh), "--no-save", "--no-package-lock"]
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retry-mintimeout=1000"]
        said = subprocess.run(
            [*command, *quiet, wanted], capture_output=True, text=True, check=False
        )
        if said.returncode != 0:
            raise NotInstalledError(f"npm could not install {wanted}: {reason(said.stderr)}")
        try:
            fresh.rename(home)
        except OSError:
            if not home.exists():  # else another run was faster
                raise


def reason(stderr: str) -> str:
    lines = [line.removeprefix("npm error ") for line in stderr.splitlines() if "npm error" in line]
    return " ".join(line for line in lines if "  at " not in line)[:200] or "no reason given"
