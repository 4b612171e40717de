"""Files of issues as they are imported."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.importer.made_up import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes issues into a file, one a line."""

    def written(*issues: dict[str, Any] | str) -> Path:
        file = tmp_path / "issues.jsonl"
        lines = (each if isinstance(each, str) else json.dumps(each) for each in issues)
        file.write_text("".join(f"{line}\n" for line in lines))
        return file

    return written
