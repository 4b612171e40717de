"""The event store: the eventsourcing library's table, with one function through which all appends go."""
