"""`facejury detectors`: which are here, and the tools for authors of plugins."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from detectors.commands import installing
from detectors.commands.options import Add, choose, warn
from detectors.commands.terminal import screen
from registry import load_registry
from registry.listing import as_json as listing_as_json
from registry.listing import as_table as listing_as_table

if TYPE_CHECKING:
    from detectors.conformance.check import Check

app = typer.Typer(
    help="List, create, check and install detectors.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command("list")
def list_command(as_json: Json = False) -> None:
    """List the detectors, and why others could not be loaded.

    Those that were installed here follow, as plugins.toml pins them.

    The environment variable FACEJURY_BLOCK=name,name leaves plugins out by name.
    """
    registry = load_registry()
    typer.echo(listing_as_json(registry) if as_json else listing_as_table(registry))


@app.command("new")
def new_command(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The detector's key: lower-case words joined by hyphens.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to create the package in.")] = Path(),
    expects: Annotated[
        str,
        typer.Option("--expects", metavar="KIND", help="What it judges: a face, a clip of one in a video, or audio."),
    ] = "face",
) -> None:
    """Create a plugin package to start from.

    The folder DIR/facejury-NAME holds a detector that works and a test that passes.

    Example: facejury detectors new edges --to ~/code
    """
    from detectors.conformance.scaffold import NewPluginError, write_plugin

    try:
        folder = write_plugin(name, to, expects=expects)
    except NewPluginError as error:
        warn(str(error))
        raise typer.Exit(2) from error
    screen.print(f"Wrote {escape(str(folder))}. Its README.md says what comes next.")


@app.command("check")
def check_command(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The detector to check.")],
    add: Add = None,
    as_json: Json = False,
) -> None:
    """Check that a detector does what the jury relies on.

    The exit code is 1 when a check fails.

    Example: facejury detectors check edges --add edges.py
    """
    from detectors.conformance.check import check_detector  # brings the sample pictures

    checks = check_detector(choose([key], add)[0])
    if as_json:
        typer.echo(json.dumps({"checks": [asdict(check) for check in checks]}, indent=2))
    else:
        screen.print(_check_table(key, checks))
    if not all(check.passed for check in checks):
        raise typer.Exit(1)


def _check_table(key: str, checks: "Sequence[Check]") -> Table:
    failed = sum(not check.passed for check in checks)
    title = f"{key}: {failed} of {len(checks)} checks failed" if failed else f"{key}: all {len(checks)} checks passed"
    table = Table(title=title, title_justify="left")
    for column in ("check", "", "expected", "got"):
        table.add_column(column, no_wrap=column == "check")
    for check in checks:
        word = "[green]passed[/]" if check.passed else "[red]failed[/]"
        table.add_row(check.name, word, escape(check.expected), escape(check.got))
    return table


app.registered_commands += installing.app.registered_commands
