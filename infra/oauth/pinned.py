"""Pinned clients: metadata documents in files of ours, which stand in for those on the network."""

from collections.abc import Mapping
from pathlib import Path

from api.oauth.client_document import DocumentRefused, read_pinned_document
from domain.oauth_client import OAuthClient


class PinnedError(Exception):
    """A pinned document cannot be used; the text says which and why, in one line."""


def read_pinned(path: str) -> Mapping[str, OAuthClient]:
    """Return the clients of a file, or of all `.json` of a folder, by the IDs that they name.

    Nothing is read for an empty path. Raises `PinnedError`.
    """
    if not path:
        return {}
    place = Path(path)
    clients: dict[str, OAuthClient] = {}
    for file in sorted(place.glob("*.json")) if place.is_dir() else [place]:
        client = _read(file)
        if client.id in clients:
            raise PinnedError(f"{file} describes a client that another file describes, too")
        clients[client.id] = client
    if not clients:
        raise PinnedError(f"there is no .json in {path}")
    return clients


def _read(file: Path) -> OAuthClient:
    try:
        return read_pinned_document(file.read_bytes())
    except OSError as error:
        raise PinnedError(f"{file}: {error.strerror}") from None
    except DocumentRefused as refused:
        raise PinnedError(f"{file}: {refused}") from None
