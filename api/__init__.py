"""The HTTP surface: MCP behind its gate, the REST API, the authorization server, pages and health."""
