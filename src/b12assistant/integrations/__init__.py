"""Connect other programs: MCP."""
