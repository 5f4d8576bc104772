"""The browser page and the HTTP API."""
