"""Answers that are sent in parts, and broken off where their end cannot be sent."""


class BrokenOff(Exception):  # noqa: N818 - an end, not a fault
    """An answer has begun and must not look whole: its connection is closed, and a line logged."""
