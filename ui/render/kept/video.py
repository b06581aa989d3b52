"""A video from the history, as the page draws it: its JSON an object again, its stills where they were kept."""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from detectors.audio.results import JudgedSound
from detectors.faces.motion import NAMES, REGIONS, Motion
from detectors.jury.fusion import JURY_KEY, JuryVerdict, agree
from detectors.video.aggregate import TrackVerdict
from detectors.video.lips import LipSync
from detectors.video.results import ClipScores, JudgedVideo, Person, SampledFrame, TrackScores
from registry import DetectorSpec, Label, Verdict, judge
from ui.render.kept.photo import blank, seat
from ui.render.pictures import THUMB_PIXELS, pack, shrink, unpack
from ui.render.video import Film, find_clearest, sum_up_film

Stored = dict[str, Any]
LIP_SYNC = tuple(field.name for field in fields(LipSync))
TIMES = "looked_at"  # beside the documented JSON: when each frame was sampled, in seconds


def store_video(video: JudgedVideo) -> Stored:
    """What is kept of it: its JSON, and the times that a plot needs."""
    return video.as_dict() | {TIMES: list(video.looks)}


@dataclass(frozen=True)
class StoredPerson(Person):
    """Somebody of whom the verdicts are the stored ones, whatever today's jury makes of the same frames."""

    said: Stored = field(default_factory=dict)

    @cached_property
    def scores(self) -> tuple[TrackScores, ...]:
        """As Person has them."""
        return tuple(map(_scores, self.said["verdicts"]))

    @cached_property
    def jury(self) -> TrackScores | None:
        """As Person has it."""
        return _scores(self.said["jury"]) if self.said["jury"] else None

    @cached_property
    def worst(self) -> tuple[SampledFrame, ...]:
        """As Person has it."""
        frames = {frame.at: frame for frame in self.frames}
        return tuple(frames[at] for at in self.said["worst"])


@dataclass
class StoredFilm(Film):
    """A film of which only the most suspect frames are left, and those only where they were kept."""

    is_stored: ClassVar[bool] = True

    def show(self, person: Person, frame: SampledFrame) -> bytes:
        """As Film does; clear pixels where it was not kept."""
        kept = self.frames.get(frame.at) if person.is_whole else self.faces.get((person.number, frame.at))
        return kept or pack(blank(64, 64))

    def show_frame(self, at: float) -> bytes:
        """As Film does; clear pixels in the video's proportions where it was not kept."""
        return self.frames.get(at) or pack(blank(self.video.width, self.video.height))


def restore_film(stored: Stored, stills: bytes | None) -> StoredFilm:
    """The film that `store_video` and `pack_stills` were called on, without heat maps and sound, which is not drawn."""
    film = StoredFilm(_restore(stored))
    if stills is not None:
        with zipfile.ZipFile(io.BytesIO(stills)) as archive:
            for name in archive.namelist():
                kind, number, at = name.split("/")
                if kind == "frame":
                    film.frames[float(at)] = archive.read(name)
                else:
                    film.faces[int(number), float(at)] = archive.read(name)
    return film


def pack_stills(film: Film) -> bytes:
    """The most suspect frames of everybody as a zip of WebP files, and of each the clearest face."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        written: set[str] = set()
        for person in film.persons():
            for frame in (*person.worst, find_clearest(person)):
                files = {f"frame/0/{frame.at}": film.show_frame(frame.at)}
                files |= {} if person.is_whole else {f"face/{person.number}/{frame.at}": film.show(person, frame)}
                for name in sorted(files.keys() - written):
                    archive.writestr(zipfile.ZipInfo(name), files[name])  # of no date: the same stills, the same bytes
                written |= files.keys()
    return packed.getvalue()


def draw_film_thumb(film: Film) -> bytes | None:
    """The clearest face of whoever is most suspect, as a small WebP; None where nobody is seen."""
    person = film.find(None)
    if person is None:
        return None
    return pack(shrink(unpack(film.show(person, find_clearest(person))), THUMB_PIXELS))


def outline_film(film: Film) -> dict[str, str]:
    """For a list: the verdict on everybody, as the page says it."""
    headline = sum_up_film(film)
    return {"label": headline.label or "", "said": headline.title}


def seat_video(stored: Stored, known: Iterable[DetectorSpec] = ()) -> list[DetectorSpec]:
    """Who judged the video then. known: see photo.seat."""
    faces = [(verdict, "face") for person in stored["persons"] for verdict in person["verdicts"]]
    clips = [(clip, "clip") for person in stored["persons"] for clip in person["clips"]]
    parts = {"audio": stored.get("sound"), "image": stored["whole_image"]}
    others = [(verdict, expects) for expects, part in parts.items() if part for verdict in part["verdicts"]]
    return seat([*faces, *clips, *others], known)


def _restore(stored: Stored) -> JudgedVideo:
    names = ("path", "sha256", "width", "height", "seconds", "start", "step", "error")
    whole = stored["whole_image"]
    return JudgedVideo(
        **{name: stored[name] for name in names},
        looks=tuple(stored[TIMES]),
        persons=tuple(map(_person, stored["persons"])),
        whole=_person(whole) if whole else None,
        notes=tuple(stored["notes"]),
        sound=_sound(stored.get("sound")),
    )


def _sound(said: Stored | None) -> JudgedSound | None:
    """What was said of it, without its windows."""
    if said is None:
        return None
    notes = tuple(said["notes"])
    return JudgedSound(said["path"] or "", said["sha256"], said["seconds"], reason=said["said"], notes=notes)


def _person(said: Stored) -> StoredPerson:
    frames = tuple(_frame(moment, said) for moment in said["moments"])
    clips = tuple(
        ClipScores(_scores(clip, is_beside=True), tuple(clip["times"]), tuple(clip["scores"])) for clip in said["clips"]
    )
    lips = said.get("lips")  # not kept before
    return StoredPerson(
        said["person"],
        frames,
        clips,
        motion=_motion(said["motion"]),
        lips=LipSync(*(lips[name] for name in LIP_SYNC)) if lips else None,
        said=said,
    )


def _scores(said: Stored, *, is_beside: bool = False) -> TrackScores:
    verdict = TrackVerdict(*(said[name] for name in ("p_fake", "low", "high", "label", "count", "reason")))
    limits = said["fake_from"], said["real_until"]
    return TrackScores(said["detector"], said["title"], *limits, verdict, said["measured"], is_beside)


def _frame(moment: Stored, person: Stored) -> SampledFrame:
    verdicts = tuple(_verdict(moment, scores) for scores in person["verdicts"])
    p_fake, doubt = moment["p_fake"].get(JURY_KEY), moment["doubt"]
    together = None
    if p_fake is not None and person["jury"]:
        limits = {name: person["jury"][name] for name in ("fake_from", "real_until")}
        together = JuryVerdict(p_fake, judge(p_fake, **limits, doubt=doubt), **limits)
    left, top, right, bottom = moment["box"]
    box, roll = (left, top, right, bottom), moment["roll"]
    return SampledFrame(
        moment["at"], box, moment["score"], verdicts, roll=roll, doubt=doubt, jury=together, agreement=agree(verdicts)
    )


def _verdict(moment: Stored, scores: Stored) -> Verdict:
    """One detector's on one frame; how long it took was not kept."""
    key, limits = scores["detector"], {name: scores[name] for name in ("fake_from", "real_until")}
    p_fake, error = moment["p_fake"].get(key), moment["errors"].get(key)
    label: Label = "failed" if p_fake is None else judge(p_fake, **limits, doubt=moment["doubt"])
    named, measured = (key, scores["title"], p_fake, label), scores["measured"]
    return Verdict(*named, **limits, milliseconds=0.0, error=error, measured=measured)


def _motion(said: Stored | None) -> Motion | None:
    """How a face moved; how steady its landmarks were was not kept, and is not drawn."""
    if said is None:
        return None
    measures = np.array([said[name.replace(" ", "_")] for name in NAMES], dtype=np.float32).T
    return Motion(np.array(said["times"]), measures, np.zeros((len(measures), len(REGIONS)), dtype=np.float32))
