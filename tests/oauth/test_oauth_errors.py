"""Errors of the machine endpoints: their form, and what becomes of what others raise."""

import json
import logging
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
)
from litestar.status_codes import HTTP_415_UNSUPPORTED_MEDIA_TYPE

from api.oauth.errors import ErrorCode, OAuthProblem, answer, describable
from api.problems import ClientLeft
from api.rates import RateLimited
from domain.ledger import Unavailable
from domain.refusals import Code, Refused

ASKED = cast("Request[Any, Any, Any]", None)  # of which no answer depends


def told(error: Exception) -> Response[dict[str, str]]:
    response = answer(ASKED, error)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.content["error"] in set(ErrorCode)
    return response


@given(text=st.text())
def test_a_description_holds_only_what_it_may(text: str) -> None:
    described = describable(text)
    assert all(" " <= char <= "~" and char not in '"\\' for char in described)
    assert min(len(text), 500) <= len(described) <= 500


def test_a_description_keeps_what_can_be_said() -> None:
    assert describable('say "a\\b" é now…') == "say 'a/b' ? now..."


def test_a_problem_is_told_as_it_is() -> None:
    problem = OAuthProblem(400, ErrorCode.INVALID_GRANT, "The code is used up.", {"X-Why": "so"})
    response = told(problem)
    assert response.status_code == 400
    assert response.content == {
        "error": "invalid_grant",
        "error_description": "The code is used up.",
    }
    assert response.headers["X-Why"] == "so"
    assert "WWW-Authenticate" not in response.headers


def test_a_client_that_fails_to_authenticate_is_told_how_to() -> None:
    response = told(OAuthProblem(401, ErrorCode.INVALID_CLIENT, "The secret is wrong."))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="deskledger"'


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (RateLimited(7), 429, ErrorCode.TEMPORARILY_UNAVAILABLE, "7"),
        (Unavailable(), 503, ErrorCode.TEMPORARILY_UNAVAILABLE, "2"),
        (Refused(Code.NOT_FOUND, "There is none."), 400, ErrorCode.INVALID_REQUEST, None),
        (NotFoundException(), 404, ErrorCode.INVALID_REQUEST, None),
        (ClientException("inner"), 400, ErrorCode.INVALID_REQUEST, None),
        (
            HTTPException("inner", status_code=HTTP_415_UNSUPPORTED_MEDIA_TYPE),
            400,
            ErrorCode.INVALID_REQUEST,
            None,
        ),
    ],
)
def test_what_others_raise_is_told_in_the_same_form(
    error: Exception, status: int, code: str, retry_after: str | None
) -> None:
    response = told(error)
    assert (response.status_code, response.content["error"]) == (status, code)
    assert response.headers.get("Retry-After") == retry_after
    assert "inner" not in json.dumps(response.content)


def test_a_method_that_is_not_there_comes_with_those_that_are() -> None:
    response = told(MethodNotAllowedException(headers={"Allow": "POST"}))
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_nobody_is_answered_who_left() -> None:
    assert answer(ASKED, ClientLeft()).content is None


def test_a_fault_of_ours_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    response = told(RuntimeError("the password is sesame"))
    assert (response.status_code, response.content["error"]) == (500, "server_error")
    assert "sesame" not in response.content["error_description"]
    assert "sesame" in caplog.text


def test_every_code_says_where_it_is_defined() -> None:
    assert all(code.source.startswith("RFC ") for code in ErrorCode)
