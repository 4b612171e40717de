"""Secrets that people paste."""

import string

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.secret import ACCESS_TOKEN, digest_of, encode_secret, is_well_formed, mask_of
from tests.strategies import unhurried

RANDOM = st.binary(min_size=32, max_size=32)
LENGTH = len(encode_secret(ACCESS_TOKEN, bytes(32)))


def test_secrets_look_the_same_for_ever() -> None:
    """Those that people have must stay well-formed, and scanners must go on finding them."""
    secret = encode_secret(ACCESS_TOKEN, bytes(range(32)))
    assert secret == "dl_pat_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf33ZyQF"  # noqa: S105 - nobody's


@unhurried
@given(RANDOM)
def test_what_is_made_is_well_formed(random: bytes) -> None:
    secret = encode_secret(ACCESS_TOKEN, random)
    assert is_well_formed(ACCESS_TOKEN, secret)
    assert len(secret) == LENGTH
    assert set(secret) <= {*string.ascii_letters, *string.digits, "_"}


@unhurried
@given(RANDOM, RANDOM)
def test_other_random_bytes_make_another_secret(one: bytes, other: bytes) -> None:
    secrets = {encode_secret(ACCESS_TOKEN, one), encode_secret(ACCESS_TOKEN, other)}
    assert (len(secrets) == 1) == (one == other)


@unhurried
@given(RANDOM, st.integers(0, LENGTH - 1), st.characters())
def test_any_changed_character_is_noticed(random: bytes, at: int, typed: str) -> None:
    secret = encode_secret(ACCESS_TOKEN, random)
    assume(secret[at] != typed)
    assert not is_well_formed(ACCESS_TOKEN, secret[:at] + typed + secret[at + 1 :])


@unhurried
@given(RANDOM, st.integers(0, LENGTH - 2))
def test_two_swapped_characters_are_noticed(random: bytes, at: int) -> None:
    secret = encode_secret(ACCESS_TOKEN, random)
    assume(secret[at] != secret[at + 1])
    swapped = secret[:at] + secret[at + 1] + secret[at] + secret[at + 2 :]
    assert not is_well_formed(ACCESS_TOKEN, swapped)


@unhurried
@given(RANDOM, st.integers(0, LENGTH - 1))
def test_what_was_cut_or_lengthened_is_noticed(random: bytes, end: int) -> None:
    secret = encode_secret(ACCESS_TOKEN, random)
    assert not is_well_formed(ACCESS_TOKEN, secret[:end])
    assert not is_well_formed(ACCESS_TOKEN, secret + secret[end])
    assert not is_well_formed(ACCESS_TOKEN, f" {secret}")


@unhurried
@given(st.text(st.characters(codec=None), max_size=80))
def test_any_text_can_be_asked_about(text: str) -> None:
    assert not is_well_formed(ACCESS_TOKEN, text)
    assert not is_well_formed(ACCESS_TOKEN, (ACCESS_TOKEN + text).ljust(LENGTH, "0")[:LENGTH])


@unhurried
@given(RANDOM)
def test_a_secret_is_of_its_own_kind_only(random: bytes) -> None:
    assert not is_well_formed(ACCESS_TOKEN, encode_secret("dl_xyz_", random))


def test_the_mask_shows_the_kind_and_four_characters() -> None:
    secret = encode_secret(ACCESS_TOKEN, bytes(range(32)))
    assert mask_of(ACCESS_TOKEN, secret) == f"dl_pat_…{secret[-4:]}"


def test_a_digest_tells_secrets_apart_and_has_256_bits() -> None:
    one, other = (digest_of(encode_secret(ACCESS_TOKEN, bytes([n] * 32))) for n in (1, 2))
    assert one != other
    assert len(one) == 32
