"""The command `facejury`: one application over the command lines of all packages, each loaded when it is called."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

ROOT = Path(__file__).resolve().parent
NOT_HERE = "`facejury {name}` needs the whole checkout; here is only the part that serves the page."
EMPTY = "The argument {place} is empty: is a variable of the shell not set?"
MAY_BE_EMPTY = {"--license", "--root-path"}  # as they are where they are left out


@dataclass(frozen=True)
class SubCommand:
    """Where a sub-command's typer.Typer `app` is, and the sentence that `facejury --help` says of it.

    ahead: the module whose `open_ahead` begins what every call needs, in a thread, while the rest is imported.
    """

    module: str
    help: str
    ahead: str = ""

    @property
    def is_here(self) -> bool:
        """False where the module was left out, as the training side is of an image and a Space."""
        return ROOT.joinpath(*self.module.split(".")).with_suffix(".py").is_file()


SUB_COMMANDS = {
    "serve": SubCommand("demo", "Serve the page; visitors sign in first, except with --no-login."),
    "compare": SubCommand(
        "detectors.commands.compare",
        "Judge every face in pictures, and every person in videos.",
        ahead="detectors.commands.ahead",
    ),
    "audio": SubCommand("detectors.commands.audio", "Look for traces of synthesis in speech, over time."),
    "scan": SubCommand("detectors.commands.scan", "Judge very many pictures and sounds, into one table."),
    "detectors": SubCommand("detectors.commands.plugins", "List, create, check and install detectors."),
    "mcp": SubCommand("ui.agents.commands", "Offer the jury to an agent, by the Model Context Protocol."),
    "models": SubCommand("models.commands.application", "Train, export, measure and publish the networks of the jury."),
    "users": SubCommand("auth.commands.users", "Create, unlock, list and remove accounts."),
    "feedback": SubCommand("auth.commands.feedback", "Review what users reported as wrong; export it for training."),
}


@dataclass(frozen=True)
class Variable:
    """An environment variable, and where the function is that raises ValueError for a value that cannot be meant."""

    name: str
    module: str
    check: str


VARIABLES = (
    Variable("FACEJURY_BLOCK", "registry.manager", "check_blocked"),
    Variable("FACEJURY_DATABASE_URL", "storage.address", "check_address"),
    Variable("FACEJURY_THREADS", "detectors.networks.threads", "read_threads"),
)


def check_environment() -> None:
    """Leave with a sentence and exit code 2 where one of our variables is set to what cannot be meant.

    Whatever the command: a value that only some of them notice is believed to hold for all.
    """
    known = {variable.name for variable in VARIABLES}
    for name in sorted(name for name in os.environ if name.startswith("FACEJURY_") and name not in known):
        typer.echo(f"{name} changes nothing; there are {', '.join(sorted(known))}.", err=True)
    for variable in VARIABLES:
        if os.environ.get(variable.name):
            try:
                getattr(import_module(variable.module), variable.check)()
            except ValueError as error:
                typer.echo(str(error), err=True)
                raise typer.Exit(2) from error


def refuse_empty(arguments: list[str]) -> None:
    """Leave with a sentence and exit code 2 on an empty argument, which a path would take for the working folder."""
    for before, argument in pairwise(arguments):
        option, assigned, value = argument.partition("=")
        is_empty = not argument or (option.startswith("--") and assigned and not value)
        name = option or before
        if is_empty and name not in MAY_BE_EMPTY:
            typer.echo(EMPTY.format(place=f"of {name}" if argument else f"after {before}"), err=True)
            raise typer.Exit(2)


class LazyGroup(TyperGroup):
    """Knows its commands by name and sentence; the one that is called is imported then.

    What the system refuses to read or to write, in any of them, is one sentence, and exit code 1.
    """

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Typer's own method, which ends quietly where whoever read the output has seen enough."""
        from text.output import end_in_a_sentence  # here: our packages are found since `main` began

        with end_in_a_sentence():
            return super().main(*arguments, **options)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Typer's own method: the name, the command and the arguments left for it. Suggests the nearest name."""
        if args and args[0] in SUB_COMMANDS.keys() - self.commands.keys():
            typer.echo(NOT_HERE.format(name=args[0]), err=True)
            raise typer.Exit(2)
        name, command, rest = super().resolve_command(ctx, args)
        refuse_empty(args)
        return name, load(name) if name else command, rest


def load(name: str) -> Any:
    """The command of that name, imported."""
    with no_garbage():
        return typer.main.get_command(import_module(SUB_COMMANDS[name].module).app)


@contextmanager
def no_garbage() -> Iterator[None]:
    """Nothing that is imported within is garbage: it is never looked through for any."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _show_version(wanted: bool) -> None:
    if wanted:
        import tomllib

        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        typer.echo(f"facejury {project['version']}")
        raise typer.Exit


app = typer.Typer(
    cls=LazyGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
for key, stand_in in SUB_COMMANDS.items():
    if stand_in.is_here:
        app.command(key, help=stand_in.help)(lambda: None)


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A jury of deepfake detectors for photos and videos."""
    check_environment()


def main() -> None:
    """The console script. Our packages are run from the checkout, whatever folder this is called from."""
    sys.path.insert(0, str(ROOT))
    if sys.stdin is None:  # closed from the start: whoever reads it finds its end, which each command tells of
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - until the end
    command = SUB_COMMANDS.get(sys.argv[1]) if len(sys.argv) > 1 else None
    try:
        if command and command.ahead and "--help" not in sys.argv:
            with no_garbage():
                import_module(command.ahead).open_ahead()
        app(prog_name="facejury")
    except KeyboardInterrupt:  # before there is an application to see to it
        sys.exit(130)


if __name__ == "__main__":
    main()
