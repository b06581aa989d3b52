"""`facejury scan SOURCE... --out FILE`: judge very many pictures and sounds into one table."""

from pathlib import Path
from typing import Annotated

import typer

from detectors.commands.options import Add, Only, choose, warn
from detectors.commands.terminal import errors
from detectors.scan.ray_option import RayCommand

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command("scan", cls=RayCommand)
def scan_command(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...", help="Folders, patterns such as 'in/**/*.png', listings (.txt), files or URLs."
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out", metavar="FILE", help="The table to write: .csv, .jsonl, .parquet or .sqlite.", show_default=False
        ),
    ],
    only: Only = None,
    add: Add = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, metavar="N", help="Number of processes. Default: one per processor core."),
    ] = None,
    shard: Annotated[
        str, typer.Option("--shard", metavar="i/n", help="Judge only part i of n equal parts, from 1/n to n/n.")
    ] = "1/1",
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="[ADDRESS]",
            help="Use Ray: on this machine, or on the cluster at this address (auto or HOST:PORT).",
        ),
    ] = None,
) -> None:
    """Judge very many pictures and sounds, into one table.

    After an interruption the same command continues where it stopped. The exit code is 1 when nothing could be judged,
    2 when there is nothing to judge, 130 after Ctrl-C.

    Example: facejury scan photos/ --out verdicts.csv
    """
    from detectors.scan.aside import LeftAside
    from detectors.scan.bar import show_bar
    from detectors.scan.errors import ScanError
    from detectors.scan.listing import choose_suffixes, list_paths, parse_shard
    from detectors.scan.local import say_counts, scan
    from detectors.scan.on_ray import scan_with_ray
    from detectors.scan.team import Team

    choose(only, add)  # an unknown key is told before anything is read
    aside = LeftAside()
    team = Team(tuple(only or ()), tuple(add or ()))
    try:
        suffixes = choose_suffixes(team.choose_for_scan())
        paths = list_paths(sources, shard=parse_shard(shard), aside=aside, suffixes=suffixes)
        with show_bar(errors) as show_counts:
            if ray:
                counts = scan_with_ray(paths, out, team, workers=workers, show=show_counts, address=ray)
            else:
                counts = scan(paths, Path(out), team, workers=workers, show=show_counts)
    except (ScanError, OSError) as error:
        warn(str(error))
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        warn("Stopped. What is finished is kept; the same command goes on from there.")
        raise typer.Exit(130) from error
    warn(say_counts(counts, out))
    if said := aside.say():
        warn(said)
    if counts.in_vain:
        raise typer.Exit(1)
