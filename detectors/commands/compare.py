"""`facejury compare FILE...`: judge pictures and videos, as tables or as JSON."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detectors.commands.options import EVERY_ONE_FAILED, Add, Only, choose, find_fault, read_start, start_option, warn
from detectors.inputs import picture_kinds
from detectors.inputs.images import ImageError, read_file
from detectors.inputs.kinds import tell_kind
from detectors.inputs.video_kinds import read_head
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from registry import Label

if TYPE_CHECKING:
    from detectors.video.results import JudgedVideo

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
JUDGED_BY = picture_kinds.send_elsewhere(
    video="save it as a file, which `facejury compare` judges.",  # it came by a pipe
    sound="`facejury audio` judges it.",
)
SOUND = JUDGED_BY[picture_kinds.SOUND]
NO_ADDRESS = "This is a web address: download the picture, and give its file."
ELSEWHERE = {"clip": "for videos alone", "audio": "for sounds alone, as `facejury audio` hears them"}  # by `expects`


def _check_base_rate(share: float | None) -> float | None:
    """Typer's callback. At 0 and 1, every face would be known before anybody looked at it."""
    if share is not None and not 0 < share < 1:  # NaN is refused as well
        raise typer.BadParameter(f"must lie between 0 and 1, which are left out themselves; got {share:g}")
    return share


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command("compare")
def compare_command(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Pictures and videos to judge.")
    ],  # as text: the JSON names each file as it was given
    only: Only = None,
    add: Add = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: a list with one entry per file.")] = False,
    stability: Annotated[
        bool,
        typer.Option(
            "--stability", help="Also judge each face recompressed, smaller and shifted, to show how far p_fake moves."
        ),
    ] = False,
    base_rate: Annotated[
        float | None,
        typer.Option(
            "--base-rate",
            metavar="SHARE",
            callback=_check_base_rate,
            help="The share of fakes where the pictures come from, for instance 0.1; half unless told.",
        ),
    ] = None,
    provenance: Annotated[
        bool, typer.Option("--provenance", help="Also print the file's metadata: its signer, camera and generator.")
    ] = False,
    start: Annotated[str, start_option("Where in a video", "judged")] = "0:00",
) -> None:
    """Judge every face in pictures, and every person in videos.

    The exit code is 1 only when no file could be judged, or every detector failed or is for other files. --stability,
    --base-rate and --provenance apply to pictures.

    Example: facejury compare photo.jpg clip.mp4 --json
    """
    comparisons: list[Comparison | JudgedVideo] = []
    seconds = read_start(start)
    paths = [Path(file) for file in files]
    only_pictures = {"--stability": stability, "--base-rate": base_rate is not None, "--provenance": provenance}
    _note_ignored([name for name, given in only_pictures.items() if given], paths, as_json=as_json, start=seconds)
    with Jury(choose(only, add)) as jury:
        _note_idle(jury, paths)
        for file in files:
            if tell_kind(Path(file)) == "video":
                comparisons.append(_watch(file, jury, seconds, quiet=as_json))
                continue
            judged = _compare_picture(file, jury, stability=stability, provenance=provenance)
            comparisons.append(judged)
            if not as_json:
                from detectors.commands.tables import show  # here: JSON needs no Rich, which takes long to import

                show(judged, base_rate=base_rate)
    if as_json:
        typer.echo(json.dumps([comparison.as_dict() for comparison in comparisons], indent=2))
    has_failed = {label for comparison in comparisons for label in _list_labels(comparison)} == {"failed"}
    if has_failed:
        warn(EVERY_ONE_FAILED)
    if has_failed or all(comparison.error or _is_for_others(comparison, jury) for comparison in comparisons):
        raise typer.Exit(1)


def _is_for_others(judged: "Comparison | JudgedVideo", jury: Jury) -> bool:
    """Whether it is a file of which nobody who was chosen judges anything."""
    if isinstance(judged, Comparison):
        return all(spec.expects in ELSEWHERE for spec in jury.specs)
    return judged.sound is None and all(spec.expects == "audio" for spec in jury.specs)


def _list_labels(judged: "Comparison | JudgedVideo") -> Iterator[Label]:
    """Of all verdicts on a picture, or on a video's frames, clips and sound, whose bands no label stands for."""
    if isinstance(judged, Comparison):
        yield from (verdict.label for verdict in judged.whole_image)
        yield from (verdict.label for face in judged.faces for verdict in face.verdicts)
        return
    shown = (*judged.persons, *([judged.whole] if judged.whole else []))
    yield from (verdict.label for person in shown for frame in person.frames for verdict in frame.verdicts)
    yield from (clip.line.verdict.label for person in shown for clip in person.clips)
    yield from ("inconclusive" if one.band else "failed" for one in (judged.sound.scores if judged.sound else ()))


def _compare_picture(file: str, jury: Jury, *, stability: bool, provenance: bool) -> Comparison:
    """The results for a picture; its bytes are read once, for a pipe gives them only once."""
    path = Path(file)
    if ADDRESS.match(file) and not os.path.exists(file):
        return Comparison(file, error=NO_ADDRESS)
    if fault := find_fault(file):
        return Comparison(file, error=fault)
    if tell_kind(path) == "sound" and read_head(path):
        return Comparison(file, error=SOUND)
    try:
        data = read_file(path)
    except ImageError as error:
        return Comparison(file, error=str(error))
    judged = compare(data, jury, path=file, stability=stability)
    judged = replace(judged, error=JUDGED_BY.get(judged.error, judged.error))
    if not provenance:
        return judged
    from detectors.provenance import read_provenance  # here: it takes long to import

    return replace(judged, provenance=read_provenance(data))


def _note_ignored(options: Sequence[str], files: Sequence[Path], *, as_json: bool, start: float) -> None:
    """Say which of these options for pictures, and whether --start, which is for videos, change nothing here."""
    if start and "video" not in map(tell_kind, files):
        warn("--start changes nothing in pictures: it is for videos.")
    if "--base-rate" in options and as_json:
        warn("--base-rate changes nothing in the JSON: its p_fake is as if half of all faces were fake.")
    videos = [file.name for file in files if tell_kind(file) == "video"] if options else []
    if videos:
        warn(f"{', '.join(options)}: for pictures alone, not for {', '.join(videos)}.")


def _note_idle(jury: Jury, files: Sequence[Path]) -> None:
    """Say so where nobody among the chosen judges a picture."""
    pictures = [file.name for file in files if tell_kind(file) == "picture"]
    if not pictures or any(spec.expects not in ELSEWHERE for spec in jury.specs):
        return
    for kind, what in ELSEWHERE.items():
        if titles := ", ".join(spec.title for spec in jury.specs if spec.expects == kind):
            warn(f"{titles}: {what}, not for {', '.join(pictures)}.")


def _watch(file: str, jury: Jury, start: float, *, quiet: bool) -> "JudgedVideo":
    """Judge a video, with a bar meanwhile, and print what was said unless quiet."""
    from rich.progress import Progress

    from detectors.commands.terminal import errors
    from detectors.commands.video_tables import show_video
    from detectors.video.judge import compare_video

    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("watching", total=1.0)
        judged = compare_video(
            Path(file), jury, start=start, name=file, show=lambda so_far: bar.update(task, completed=so_far.share)
        )
    if not quiet:
        show_video(judged)
    return judged
