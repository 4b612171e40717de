"""How words are kept that people tell apart by looking at them: tags, and names of roles."""

# Some scripts and emoji need them between characters.
JOINERS = "\u200c\u200d"


def spelled(word: str) -> str:
    """Return a word as it is kept: single spaces, and nothing that is invisible.

    Else two could look alike, and views that clean what they show would take them for one.
    """
    seen = (
        letter
        for letter in word
        # From U+E0000 on stand invisible tags and variation selectors, which pass for printable.
        if letter.isspace() or letter in JOINERS or (letter.isprintable() and letter < "\U000e0000")
    )
    return " ".join("".join(seen).split()).strip(JOINERS + " ")
