"""An entry of the history beside the same checked again: both verdicts, face by face, and the versions behind them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from detectors.audio.results import BANDS
from detectors.jury.wording import WithThresholds
from storage.history import BATCH, SOUND, VIDEO, HistoryEntry
from text.reading_order import read_order
from ui.render.audio import TONES
from ui.render.band import Headline
from ui.render.cards import Pieces, render
from ui.render.kept.batch import outline_batch, restore_batch
from ui.render.kept.photo import head_stored
from ui.render.kept.report import seat_result
from ui.render.kept.sound import outline_sound
from ui.render.kept.video import outline_film, restore_film
from ui.render.wording import TITLES, say_percent, say_time

Result = dict[str, Any]
SAME_FILE = "This is the same file as then: its SHA-256 is {sha256}."
OTHER_FILE = (
    "This is another file than then: its SHA-256 is {now}, then it was {then}. What follows compares two files."
)
SAME_PICTURE = "The picture is the same file as then, by its SHA-256."
OTHER_PICTURE = "The picture is another file than then, by its SHA-256."
SAME_PICTURES = "All {count} pictures are the same files as then, by their SHA-256."
OTHER_PICTURES = "{same} of {count} pictures are the same files as then, by their SHA-256."
UNREAD_PICTURE = "1 picture could not be read then and has no SHA-256."
UNREAD_PICTURES = "{unread} pictures could not be read then and have no SHA-256."
NOTHING = "-"


@dataclass(frozen=True)
class Part:
    """One line of the comparison: a face's, person's or picture's verdict by the jury, or by a detector.

    place: by which the same part is found in the other result.
    """

    place: tuple[Any, ...]
    name: str = field(compare=False)
    said: str
    label: str


def draw_rechecked(entry: HistoryEntry, now: Result, versions: Mapping[str, str], *, at: datetime) -> Pieces:
    """Both results side by side. now: in the form that the history keeps; versions: of what judged now; at: when."""
    then_parts, now_parts = (list_parts(entry.kind, result) for result in (entry.comparison, now))
    rows = pair_parts(then_parts, now_parts)
    names = dict.fromkeys([*entry.versions, *versions])
    changed = [name for name in names if entry.versions.get(name) != versions.get(name)]
    seats = (*seat_result(entry.kind, entry.comparison), *seat_result(entry.kind, now))
    titles = {spec.key: spec.title for spec in seats}
    return [
        render(
            "rechecked",
            file=compare_files(entry, now),
            heads=[
                ("Then", say_time(entry.time), entry.time.isoformat(), head_result(entry.kind, entry.comparison)),
                ("Now", say_time(at), at.isoformat(), head_result(entry.kind, now)),
            ],
            rows=rows,
            same=all(before == after for _, before, after in rows),
            versions=[
                (
                    titles.get(name, name),
                    entry.versions.get(name, NOTHING),
                    versions.get(name, NOTHING),
                    name in changed,
                )
                for name in names
            ],
            known=bool(entry.versions),
            changed=bool(changed),
        )
    ]


def head_result(kind: str, result: Result) -> Headline:
    """The verdict on all of it, as the list says it."""
    if kind == VIDEO:
        outline = outline_film(restore_film(result, None))
    elif kind == BATCH:
        outline = outline_batch(restore_batch(result))
    elif kind == SOUND:
        outline = outline_sound(result)
    else:
        return head_stored(result)
    return Headline(outline["said"], outline["label"] or None)  # type: ignore[arg-type]


def compare_files(entry: HistoryEntry, now: Result) -> str:
    """Whether what was given now is what was judged then."""
    if entry.kind == BATCH:
        return _compare_batches(*map(_count_hashes, (entry.comparison, now)))
    sentence = SAME_FILE if entry.sha256 == now["sha256"] else OTHER_FILE
    return sentence.format(sha256=entry.sha256, now=now["sha256"], then=entry.sha256)


def _count_hashes(batch: Result) -> Counter[str]:
    """How often each SHA-256 is in it, and "" for what could not be read."""
    return Counter(one["sha256"] for one in batch["comparisons"])


def _compare_batches(then: Counter[str], given: Counter[str]) -> str:
    """How many of the pictures of then were given again."""
    count, unread = then.total(), then.pop("", 0)
    same = (then & given).total()
    if count == 1:
        compared = SAME_PICTURE if same else OTHER_PICTURE
    else:
        compared = SAME_PICTURES if same == count else OTHER_PICTURES
    said = [compared] if then else []
    said += [UNREAD_PICTURE if unread == 1 else UNREAD_PICTURES] if unread else []
    return " ".join(said).format(same=same, count=count, unread=unread)


def list_parts(kind: str, result: Result) -> list[Part]:
    """The lines of a result, in the order in which they are shown."""
    if kind == VIDEO:
        whole = [result["whole_image"]] if result["whole_image"] else []
        seen = [part for person in [*result["persons"], *whole] for part in _list_person(person)]
        return [*seen, *_list_soundtrack(result.get("sound"))]  # not kept before
    if kind == BATCH:
        return list(_list_pictures(result))
    if kind == SOUND:
        return [_hear(verdict) for verdict in result["verdicts"]]
    return _list_photo(result)


def _list_soundtrack(sound: Result | None) -> list[Part]:
    """What is said of a video's sound; why nothing is, where it has none to judge."""
    if sound is None:
        return []
    if not sound["verdicts"]:
        return [Part((SOUND,), "The sound", sound["said"], "none")]
    heard = map(_hear, sound["verdicts"])
    return [replace(part, place=(SOUND, *part.place), name=f"The sound, {part.name}") for part in heard]


def _hear(verdict: Result) -> Part:
    band, p_fake = verdict["band"], verdict["p_fake"]
    said = BANDS[band] if band else f"Failed. {verdict['error']}"
    more = "" if p_fake is None else f", {say_percent(p_fake, _thresholds(verdict))}"
    return Part((verdict["detector"],), verdict["title"], said + more, TONES[band])


def _thresholds(verdict: Result) -> WithThresholds:
    return SimpleNamespace(real_until=verdict.get("real_until"), fake_from=verdict.get("fake_from"))


def _list_pictures(batch: Result) -> Iterator[Part]:
    """By their hashes, or by their names where they could not be read; the same file twice is two lines."""
    seen: Counter[str] = Counter()
    for entry in restore_batch(batch):
        known_by = entry.comparison["sha256"] or entry.item.name
        yield Part((known_by, seen[known_by]), entry.item.name, _say(entry.word, entry.p_fake, entry.jury), entry.word)
        seen[known_by] += 1


def _list_photo(result: Result) -> list[Part]:
    faces, parts = result["faces"], []
    for number, place in enumerate(read_order([face["box"] for face in faces]), start=1):
        face, name = faces[place], "The face" if len(faces) == 1 else f"Face {number}"
        verdicts = _with_jury(face["verdicts"], face["jury"])
        parts += [_part((number,), name, verdict, doubt=face.get("doubt")) for verdict in verdicts]
    return parts + [_part((0,), "The whole picture", verdict) for verdict in result["whole_image"]]


def _list_person(person: Result) -> list[Part]:
    name = f"Person {person['person']}" if person["person"] else "The whole frame"
    verdicts = [*_with_jury(person["verdicts"], person["jury"]), *person["clips"]]
    return [_part((person["person"],), name, verdict) for verdict in verdicts]


def _with_jury(verdicts: Sequence[Result], jury: Result | None) -> list[Result]:
    return [*([jury | {"detector": "jury", "title": "the jury"}] if jury else []), *verdicts]


def _part(place: tuple[Any, ...], name: str, verdict: Result, *, doubt: str | None = None) -> Part:
    p_fake = None if doubt else verdict["p_fake"]
    label = "inconclusive" if doubt else verdict["label"]
    said = _say(label, p_fake, _thresholds(verdict))
    return Part((*place, verdict["detector"]), f"{name}, {verdict['title']}", said, label)


def _say(label: str, p_fake: float | None, thresholds: WithThresholds | None) -> str:
    word = TITLES.get(label, "No verdict")
    return word if p_fake is None else f"{word}, {say_percent(p_fake, thresholds)}"


def pair_parts(then: Sequence[Part], now: Sequence[Part]) -> list[tuple[str, Part | None, Part | None]]:
    """Each part's name with what was said of it then and now; None where it is in one of the two alone."""
    before, after = ({part.place: part for part in parts} for parts in (then, now))
    names = {place: part.name for place, part in (after | before).items()}
    order = [*before, *(place for place in after if place not in before)]
    return [(names[place], before.get(place), after.get(place)) for place in order]
