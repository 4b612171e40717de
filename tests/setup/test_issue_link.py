"""Issuing the link by which an account's first owner comes in."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.permissions import Role
from domain.refusals import Code
from domain.setup import IssueLink, LinkIssued
from tests.given import given
from tests.known import ANA, NOW, caller_of

ISSUE = IssueLink(digest="ab" * 32, expires_at=NOW + timedelta(days=1))
ISSUED = LinkIssued(digest=ISSUE.digest, expires_at=ISSUE.expires_at)


def test_a_link_is_known_by_its_digest_until_its_time() -> None:
    link = given().when(ISSUE).then(ISSUED)
    assert (link.digest, link.expires_at) == (ISSUE.digest, ISSUE.expires_at)


def test_the_last_link_is_the_one_that_counts() -> None:
    newer = replace(ISSUED, digest="cd" * 32)
    assert given(newer).when(ISSUE).then(ISSUED).digest == ISSUE.digest


@pytest.mark.parametrize("role", Role)
def test_no_credential_issues_one(role: Role) -> None:
    given().by(caller_of(ANA, role)).when(ISSUE).then_refused(Code.PERMISSION_DENIED)
