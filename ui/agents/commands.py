"""`facejury mcp`: the tools for an agent on this machine, over standard input and output."""

import sys

import typer

from detectors.commands.options import Add, Only, choose, warn
from detectors.jury.judge import Jury
from ui.agents.tools import FILES, build_server

NO_OUTPUT = "Standard output is closed, on which the agent would be answered."
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command("mcp")
def mcp_command(only: Only = None, add: Add = None) -> None:
    """Offer the jury to an agent, by the Model Context Protocol.

    An agent starts this itself and talks to it over standard input and output: tell it the command `facejury mcp`. It
    reads the files that the agent names, with your rights. For agents elsewhere, `facejury serve --mcp` offers the same
    behind the sign-in.
    """
    if sys.stdout is None:
        warn(NO_OUTPUT)
        raise typer.Exit(1)
    with Jury(choose(only, add)) as jury:
        build_server(jury, FILES).run()
