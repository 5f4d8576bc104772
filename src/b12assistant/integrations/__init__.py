"""Connect other programs: MCP and LangChain."""
