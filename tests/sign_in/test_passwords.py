"""Which passwords are taken, and how they are hashed."""

import asyncio
import os

import pytest
from argon2 import PasswordHasher

from api.rates import RateLimited
from api.sign_in.hashing import Hashing
from api.sign_in.passwords import accepted
from domain.refusals import Refused

pytestmark = pytest.mark.anyio
EMAIL, NAME = "ana.ruiz@desk.example", "Ana Ruiz Soto"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 10"),
        ("ninechars", "at least 10 characters; this one has 9"),
        ("\u0065\u0301" * 9, "this one has 9"),  # composed, they are nine
        ("x" * 1025, "at most 1024"),
        ("ANA.RUIZ@desk.example", "your address or your name"),
        ("ana ruiz soto", "your address or your name"),
        ("\uff41na ruiz soto", "your address or your name"),  # a wide a
        ("aaaaaaaaaaaa", "over and over"),
        ("\ud800" + "x" * 10, "UTF-8"),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        accepted(password, EMAIL, NAME)
    assert not password or password not in refused.value.sentence


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "9876543210",
        "123123123123",
        "1472583690",
        "qwertyuiop",
        "QWERTZ123456",
        "1q2w3e4r5t",
        "q1w2e3r4t5",
        "\u0439\u0446\u0443\u043a\u0435\u043d\u0433\u0448\u0449\u0437",
        "passwordpassword",
        "Password123!",
        "P@ssw0rd 2026",
        "administrator",
        "letmein!!!!",
        "deskledger",
        "Desk1edger.1",
        "helpdesk2026",
        "ana.ruiz123",
        "desk.example!",
        "AnaRuizSoto1",
    ],
)
def test_what_guessers_try_first_is_refused(password: str) -> None:
    with pytest.raises(Refused, match="first that a guesser tries"):
        accepted(password, EMAIL, NAME)


@pytest.mark.parametrize(
    "password",
    [
        "ten chars!",
        "summer in the village",
        "Tr0ub4dor&3",
        "long words " * 93,
        " spaces count ",
        "пароль из слов",
    ],
)
def test_any_other_text_of_ten_characters_is_a_password(password: str) -> None:
    assert accepted(password, EMAIL, NAME) == password


def test_a_name_without_letters_forbids_no_digits() -> None:
    assert accepted("83-61-04-27", EMAIL, "007") == "83-61-04-27"


async def test_a_hash_is_of_its_password_and_of_no_other() -> None:
    hashing = Hashing(os.urandom)
    made = await hashing.make("correct horse")
    assert made != await hashing.make("correct horse")
    assert await hashing.verify(made, "correct horse")
    assert not await hashing.verify(made, "correct horsf")
    assert not await hashing.verify(None, "correct horse")
    assert not await hashing.verify("$argon2id$junk", "correct horse")


async def test_a_hash_of_weaker_parameters_is_outdated() -> None:
    hashing = Hashing(os.urandom)
    weaker = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("correct horse")
    assert hashing.is_outdated(weaker)
    assert not hashing.is_outdated(await hashing.make("correct horse"))
    assert await hashing.verify(weaker, "correct horse")


async def test_more_than_may_wait_are_refused() -> None:
    hashing = Hashing(os.urandom, most=3)
    made = await hashing.make("correct horse")
    verified = await asyncio.gather(
        *(hashing.verify(made, "wrong horse") for _ in range(5)), return_exceptions=True
    )
    assert verified[:3] == [False] * 3
    assert [type(one) for one in verified[3:]] == [RateLimited] * 2
    assert await hashing.verify(made, "correct horse")
