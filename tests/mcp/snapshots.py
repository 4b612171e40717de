"""What clients are told of each tool, kept as files; `python -m tests.mcp.snapshots` renews them."""

import json
from pathlib import Path
from typing import Any

from mcp_server.tools import TOOLS

FOLDER = Path(__file__).parent / "snapshots"
COMMAND = "python -m tests.mcp.snapshots"


def declared(name: str) -> dict[str, Any]:
    """Return a tool as `tools/list` shows it."""
    return TOOLS[name].declaration.model_dump(mode="json", by_alias=True, exclude_none=True)


def kept(name: str) -> dict[str, Any] | None:
    file = FOLDER / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else None


def renew() -> None:
    FOLDER.mkdir(exist_ok=True)
    for file in FOLDER.glob("*.json"):
        file.unlink()
    for name in TOOLS:
        text = json.dumps(declared(name), indent=2, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    renew()
