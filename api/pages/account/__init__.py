"""One's own pages: Edit profile, and MCP Integration with all that one let in."""

from api.pages.account import connection, integration, profile

ENDPOINTS = (*profile.ENDPOINTS, *integration.ENDPOINTS, *connection.ENDPOINTS)
