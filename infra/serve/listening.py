"""The socket that is served: taken before anything slow begins."""

import errno
import os
import socket

_BACKLOG = 2_048


class ListenError(Exception):
    """The address cannot be listened on; the text says why, in one line."""


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address; connections wait there until the server is ready to answer.

    Port 0 takes a free one. Raises `ListenError`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # `localhost` is both; most programs try the older address, too.
        family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ListenError(_sentence(error, host, port)) from error


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is taken by another program; choose another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} is not for ordinary users; choose one above 1023 with --port"
    why = error.strerror or (os.strerror(error.errno) if error.errno else str(error))
    return f"{host}:{port} cannot be listened on: {why}"
