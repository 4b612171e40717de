"""Serving: the socket, the processes behind it, what newcomers are told, and how it all ends."""
