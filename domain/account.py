"""An account is two PostgreSQL schemas: its log with the inline tables, and its views."""

import re
from typing import NamedTuple

# Leaves room for "acct_", "_views_next" and PostgreSQL's limit of 63 bytes.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Account(NamedTuple):
    """The names of one account's schemas and notification channels.

    The log lives in `acct_x`; the views in `acct_x_views`, or while they are rebuilt in
    `acct_x_views_next`. Extensions live in a schema that all accounts share.
    """

    name: str

    @classmethod
    def named(cls, name: str) -> "Account":
        """Return the account of this name; raise ValueError for one that is no plain identifier."""
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is no account name: use a-z, 0-9 and _, beginning with a letter"
            )
        return cls(name)

    @property
    def log(self) -> str:
        return f"acct_{self.name}"

    @property
    def views(self) -> str:
        return f"acct_{self.name}_views"

    @property
    def log_channel(self) -> str:
        """NOTIFY channel of the log: told once per batch, payload the last position."""
        return f"acct_{self.name}_log"

    @property
    def append_lock(self) -> str:
        """What an append locks, by advisory lock, until it has committed."""
        return f"acct_{self.name} append"

    @property
    def views_channel(self) -> str:
        """NOTIFY channel of the projector: payload the position that the views have reached."""
        return f"acct_{self.name}_views"


EXTENSIONS = "deskledger_extensions"
