"""What the product stands on: PostgreSQL, settings, the command line and the composition root."""
