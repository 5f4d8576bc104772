"""Other programs as clients: MCP and LangChain."""
