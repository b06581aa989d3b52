"""`facejury models report | card | publish | publish-space`: show what was measured, and publish it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.commands.options import Key, console

if TYPE_CHECKING:
    from models.publishing.hub import Kind

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
From = Annotated[
    Path | None, typer.Option("--from", metavar="DIR", help="The model folder; else the one of KEY in models/weights.")
]
Repo = Annotated[str, typer.Option(metavar="USER/NAME", help="Where on the Hugging Face Hub.")]
Private = Annotated[bool, typer.Option("--private", help="A repository that only you can see, where it is a new one.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write the folder and print its path; touch no network.")]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite files there that differ.")]


@app.command()
def report(readme: Annotated[Path, typer.Option(help="The file with the marks.")] = Path("README.md")) -> None:
    """Write the measured table into the README, from metrics.json."""
    from models.publishing.report import write
    from registry import load_registry

    write(readme, load_registry().detectors)


@app.command()
def card(key: Key, folder: From = None) -> None:
    """Write the model card: README.md and its pictures, from config.json and metrics.json."""
    from detectors.networks.folder import CARD, WEIGHTS
    from models.publishing.card import write_card

    folder = folder or WEIGHTS / key
    write_card(folder)
    console.print(f"written: {folder / CARD}")


@app.command()
def publish(
    key: Key,
    repo: Repo,
    folder: From = None,
    private: Private = False,
    dry_run: DryRun = False,
    replace: Replace = False,
) -> None:
    """Publish a measured detector to the Hugging Face Hub, in one commit. The token is HF_TOKEN or the stored login."""
    from detectors.networks.folder import WEIGHTS
    from models.publishing import hub as publishing

    publishing.check_repo(repo)
    staged = publishing.stage(folder or WEIGHTS / key, repo=repo)
    _send(staged, repo, kind="model", message=f"Publish {key}", private=private, dry_run=dry_run, replace=replace)


@app.command("publish-space")
def publish_space(repo: Repo, private: Private = False, dry_run: DryRun = False, replace: Replace = False) -> None:
    """Publish the demo as a Gradio Space, in one commit. The token is HF_TOKEN or the stored login."""
    from models.publishing import hub as publishing
    from models.publishing import space

    publishing.check_repo(repo)
    staged = space.stage(repo=repo)
    _send(staged, repo, kind="space", message="Publish the demo", private=private, dry_run=dry_run, replace=replace)


def _send(staged: Path, repo: str, *, kind: "Kind", message: str, private: bool, dry_run: bool, replace: bool) -> None:
    from models.publishing import hub as publishing

    for path in publishing.list_files(staged):
        console.print(f"{path.stat().st_size / 1000:10,.1f} kB  {path.relative_to(staged)}", markup=False)
    if dry_run:
        typer.echo(staged.resolve())
        return
    remote = publishing.Remote(repo, kind=kind)
    done = publishing.publish(staged, remote, private=private, replace=replace, message=message)
    console.print("published:" if done.fresh else "nothing has changed there:", done.url)
    typer.echo(done.commit)
