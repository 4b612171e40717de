"""Tickets from elsewhere, brought in by commands; ids come from the source, so twice adds nothing."""

from infra.importer.identity import ticket_id

__all__ = ["ticket_id"]
