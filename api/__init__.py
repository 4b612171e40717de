"""The HTTP surface: the gate, the MCP mount and health; errors are translated here, once."""
