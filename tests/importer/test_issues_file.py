"""Reading a file of issues: plain or compressed, and a clear word where a line is no issue."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from infra.importer.errors import ImportFileError
from infra.importer.issues import read_issues
from tests.importer.made_up import Write, issue


def numbers(file: Path, limit: int | None = None) -> list[int]:
    return [one.number for one in read_issues(file, limit)]


def fault(file: Path) -> str:
    with pytest.raises(ImportFileError) as error:
        numbers(file)
    return str(error.value)


def test_a_compressed_file_reads_like_a_plain_one_whatever_its_name(write: Write) -> None:
    file = write(issue(1), issue(2))
    assert numbers(file) == [1, 2]
    file.write_bytes(gzip.compress(file.read_bytes()))
    assert numbers(file) == [1, 2]


def test_a_limit_takes_the_beginning(write: Write) -> None:
    assert numbers(write(issue(1), issue(2), issue(3)), 2) == [1, 2]


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "{}",
        "",
        json.dumps(issue(2) | {"number": "two"}),
        json.dumps(issue(2, state="ajar")),
        json.dumps(issue(2, created_at="yesterday")),
        json.dumps(issue(2, created_at="2014-05-01T00:00:00")),
    ],
)
def test_a_line_that_is_no_issue_is_told_by_its_number(write: Write, line: str) -> None:
    told = fault(write(issue(1), line, issue(3)))
    assert "issues.jsonl, line 2: " in told
    assert "\n" not in told


def test_a_comment_that_is_none_is_told_by_its_place(write: Write) -> None:
    broken: dict[str, Any] = issue(1, comments=[{"author": "wren"}])
    assert "comments" in fault(write(broken))


def test_a_file_cut_off_is_told(write: Write) -> None:
    file = write(*map(issue, range(1, 500)))
    file.write_bytes(gzip.compress(file.read_bytes())[:-100])
    assert "damaged" in fault(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in fault(tmp_path / "nothing")
