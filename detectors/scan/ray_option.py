"""`--ray [ADDRESS]`: an option whose value may be left out, which the command line library does not offer."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from typer.core import TyperCommand

HERE = "local"  # a Ray of this machine, for this scan alone
ADDRESS = re.compile(r"auto|local|ray://\S+|[\w.-]+:\d+")


class RayCommand(TyperCommand):
    """A command with `--ray [ADDRESS]`. What does not look like an address is no value of it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Click's own hook."""
        return super().parse_args(ctx, list(spell_out(args)))


def spell_out(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments with the address that a bare --ray stands for."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        yield argument
        if argument == "--ray" and not ADDRESS.fullmatch(following):
            yield HERE
