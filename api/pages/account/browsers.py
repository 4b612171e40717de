"""Browsers by the names that people know them by."""

# Each names those after it, too, to be taken for them: the first that is found counts.
_NAMES = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
_LONGEST = 60


def browser_of(user_agent: str) -> str:
    """Say which browser calls itself so, and on what it runs; others are left as they are."""
    name = next((name for mark, name in _NAMES.items() if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), None)
    if name and system:
        return f"{name} on {system}"
    return user_agent[:_LONGEST] or "Unknown browser"
