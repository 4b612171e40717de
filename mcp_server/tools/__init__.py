"""All tools, by name, in the order in which clients list them."""

from mcp_server.tool import Tool
from mcp_server.tools.read import READ_TOOLS
from mcp_server.tools.write import WRITE_TOOLS

TOOLS: dict[str, Tool] = {tool.name: tool for tool in (*READ_TOOLS, *WRITE_TOOLS)}
