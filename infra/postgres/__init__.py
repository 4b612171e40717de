"""A PostgreSQL server of our own in a data folder, for those who have none."""
