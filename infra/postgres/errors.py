"""What the embedded server says when it cannot run."""


class EmbeddedPostgresError(Exception):
    """The embedded server cannot run; the message is one sentence for the person at the terminal."""
