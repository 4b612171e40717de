"""The authorization server: OAuth 2.1 as the MCP specification profiles it."""
