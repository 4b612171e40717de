"""The MCP tools, each declared once, and their dispatch."""
