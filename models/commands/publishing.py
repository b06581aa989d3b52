"""`facejury models report | card | import-onnx | publish | publish-space`: show what was measured, and publish it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detectors.commands.terminal import screen
from models.commands.checks import check_place, choose_for_pictures, choose_place
from models.commands.options import ROOT

if TYPE_CHECKING:
    from models.publishing.hub import Kind

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="The model folder. Default: that of the detector KEY.",
    ),
]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The detector: a built-in one, a plugin's, or that of --from.")]
Repo = Annotated[str, typer.Option(metavar="USER/NAME", help="The repository on the Hugging Face Hub.")]
Private = Annotated[bool, typer.Option("--private", help="Make a new repository private.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Write the folder and print its path, without using the network.")
]
Replace = Annotated[
    bool,
    typer.Option("--replace", help="Overwrite files there that differ, and delete those that are published no more."),
]


@app.command()
def report(
    readme: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The page to write into. Default: README.md.",
            show_default=False,
        ),
    ] = ROOT / "README.md",
) -> None:
    """Write the tables of measurements into the README."""
    from models.publishing.report import write
    from registry import load_registry

    write(readme, choose_for_pictures(load_registry()))
    typer.echo(f"written: {readme}")


@app.command()
def card(key: Key, folder: From = None) -> None:
    """Write the model card from config.json and metrics.json."""
    from detectors.networks.folder import CARD
    from models.publishing.card import write_card
    from models.publishing.hub import find_folder

    folder = find_folder(key, folder)
    check_place(folder)
    write_card(folder)
    typer.echo(f"written: {folder / CARD}")


@app.command("import-onnx")
def import_onnx(
    network: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The network, an .onnx file.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", file_okay=False, help="The model folder to write.")],
    key: Annotated[str, typer.Option("--key", metavar="NAME", help="The new detector's key.")],
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Its name for readers.")] = None,
    fake_from: Annotated[
        float, typer.Option("--fake-from", metavar="P", min=0, max=1, help='From this p_fake up, the label is "fake".')
    ] = 0.5,
    real_until: Annotated[
        float, typer.Option("--real-until", metavar="P", min=0, max=1, help='Below it, the label is "real".')
    ] = 0.5,
    centre_crop: Annotated[
        bool, typer.Option("--centre-crop", help="Give it native pixels of the face's middle, not the face resized.")
    ] = False,
    trained_on: Annotated[
        list[str] | None,
        typer.Option("--trained-on", metavar="NAME", help="A data set that it was trained on. May be repeated."),
    ] = None,
    license: Annotated[str, typer.Option("--license", metavar="TEXT", help="Its licence, in a few words.")] = "",
) -> None:
    """Make a model folder of a network trained elsewhere.

    The graph takes uint8 RGB pictures of shape (n, s, s, 3) and gives p_fake, of shape (n, 1); normalisation is in the
    graph. A second output, of shape (n, h, w) in [0, 1], is a heat map. It is tried on a face first.

    Example: facejury models import-onnx network.onnx --key my-net --to my-net
    """
    from detectors.networks.folder import CONFIG, MODEL, Config
    from models.errors import DataError
    from models.publishing.imported import import_network

    if real_until > fake_from:
        raise DataError(f"--real-until {real_until:g} is above --fake-from {fake_from:g}")
    folder, chosen, called = choose_place(to, (key, title or key), None, to)
    if (folder / CONFIG).exists() or (folder / MODEL).exists():
        raise DataError(f"--to: {folder} is a model folder already")
    check_place(folder if folder.exists() else folder.parent)
    config = Config(
        key=chosen,
        title=called,
        mode="centre-crop" if centre_crop else "resize",
        fake_from=fake_from,
        real_until=real_until,
        license=license,
        trained_on=tuple(sorted(set(trained_on or ()))),
        files={},
    )
    written = import_network(network, folder, config=config)
    screen.print(f"takes {written.pixels} x {written.pixels} pixels, {written.parameters:,} parameters")
    typer.echo(f"written: {folder}")


@app.command()
def publish(
    key: Key,
    repo: Repo,
    folder: From = None,
    private: Private = False,
    dry_run: DryRun = False,
    replace: Replace = False,
) -> None:
    """Publish an evaluated model folder to the Hugging Face Hub.

    Everything goes into one commit. The token is HF_TOKEN, or that of `hf auth login`.

    Example: facejury models publish my-net --from runs/my-net/weights --repo user/name --dry-run
    """
    from models.publishing import hub as publishing

    publishing.check_repo(repo)
    staged = publishing.stage(publishing.find_folder(key, folder), repo=repo)
    _send(staged, repo, kind="model", message=f"Publish {key}", private=private, dry_run=dry_run, replace=replace)


@app.command("publish-space")
def publish_space(repo: Repo, private: Private = False, dry_run: DryRun = False, replace: Replace = False) -> None:
    """Publish the page as a Gradio Space.

    Everything goes into one commit. The token is HF_TOKEN, or that of `hf auth login`.

    Example: facejury models publish-space --repo user/space --dry-run
    """
    from models.publishing import hub as publishing
    from models.publishing import space

    publishing.check_repo(repo)
    staged = space.stage(repo=repo)
    _send(staged, repo, kind="space", message="Publish the demo", private=private, dry_run=dry_run, replace=replace)


def _send(staged: Path, repo: str, *, kind: "Kind", message: str, private: bool, dry_run: bool, replace: bool) -> None:
    from models.publishing import hub as publishing
    from models.publishing import space

    for path in publishing.list_files(staged):
        screen.print(f"{path.stat().st_size / 1000:10,.1f} kB  {path.relative_to(staged)}", markup=False)
    if dry_run:
        typer.echo(staged.resolve())
        return
    remote = publishing.Remote(repo, kind=kind)
    own = space.OWN if kind == "space" else publishing.OWN
    done = publishing.publish(staged, remote, own=own, private=private, replace=replace, message=message)
    for name in done.deleted:
        screen.print(f"deleted there: {name}", markup=False)
    screen.print("published:" if done.fresh else "nothing has changed there:", done.url)
    typer.echo(done.commit)
