"""The commands `serve` and `mcp`, which answer other people and programs."""

from __future__ import annotations

import click

from b12assistant.command.invocation import places, workspace


@click.command()
@places
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=7860, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes any.")
@click.option("--behind-proxy", is_flag=True, help="A proxy protects the server: allow a HOST other than this machine.")
@click.pass_context
def serve(
    context: click.Context, corpus: str | None, index_folder: str | None, host: str, port: int, *, behind_proxy: bool
) -> None:
    """Serve the web page and the HTTP API, as `python app.py` does.

    The server has no passwords, so it listens on this machine only. To let others in, use a reverse proxy that asks
    for passwords and uses TLS (docs/how-to/reverse-proxy.md).

    \b
    Examples:
      b12assistant serve --port 8000
      b12assistant serve --host 192.168.1.5 --behind-proxy
    """
    from b12assistant.web import site

    site.serve(workspace(context, corpus, index_folder), host, port, behind_proxy=behind_proxy)


@click.command()
@places
@click.option(
    "--http", is_flag=True, help="Serve streamable HTTP on this machine instead of standard input and output."
)
@click.option(
    "--port", default=7861, show_default=True, type=click.IntRange(0, 65535), help="With --http, the port; 0 takes any."
)
@click.pass_context
def mcp(context: click.Context, corpus: str | None, index_folder: str | None, port: int, *, http: bool) -> None:
    """Serve tools for other assistants (MCP): ask, search, open_passage.

    They get exact quotes with citations, and safety texts first. Another program starts this command and talks to it
    over standard input and output. Needs pip install 'b12assistant[mcp]'.

    \b
    Examples:
      b12assistant mcp
      b12assistant mcp --http --port 7861
    """
    from b12assistant.integrations import mcp_server

    space = workspace(context, corpus, index_folder)
    if http:
        mcp_server.serve_http(space, port)
    else:
        mcp_server.serve_stdio(space)
