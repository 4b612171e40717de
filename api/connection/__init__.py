"""The connection test: what a client meets that comes to the public address, in plain words."""
