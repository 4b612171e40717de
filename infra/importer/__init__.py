"""Tickets from elsewhere, brought in by commands."""
