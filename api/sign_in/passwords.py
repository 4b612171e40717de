"""Which passwords are taken, and how they are spelled before they are hashed."""

import unicodedata

from api.sign_in.common_passwords import is_common
from domain.refusals import Code, Refused

SHORTEST, LONGEST = 10, 1024


def spelled(password: str) -> str:
    """Return the one spelling of what may be typed in several ways (NIST SP 800-63B §3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def accepted(password: str, email: str, name: str) -> str:
    """Return a new password as it is hashed; refuse with `invalid_arguments` a bad one.

    Lengths are in characters (code points).
    """
    password = spelled(password)
    if len(password) < SHORTEST:
        raise _bad(f"A password has at least {SHORTEST} characters; this one has {len(password)}.")
    if len(password) > LONGEST:
        raise _bad(f"A password has at most {LONGEST} characters.")
    if any("\ud800" <= letter <= "\udfff" for letter in password):
        raise _bad("This password is no text in UTF-8.")
    if len(set(password)) == 1:
        raise _bad("This password is one character over and over. Choose another.")
    local_part, _, domain = email.partition("@")
    personal = [spelled(word).strip() for word in (email, local_part, name)]
    if password.casefold() in {word.casefold() for word in personal}:
        raise _bad("Your password cannot be your address or your name. Choose another.")
    if is_common(password, *personal, domain, "".join(name.split())):
        raise _bad(
            "This password is among the first that a guesser tries. Choose another: "
            "several words that have nothing to do with each other, say."
        )
    return password


def _bad(sentence: str) -> Refused:
    return Refused(Code.INVALID_ARGUMENTS, sentence)
