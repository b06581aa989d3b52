"""What a scan leaves aside in folders, so that nobody takes it for judged: counted by kind, the first few by name."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from detectors.inputs.audio.kinds import SUFFIXES as SOUND_SUFFIXES
from detectors.inputs.video_kinds import SUFFIXES

NAMED = 3  # of each kind
LINKS, CLOSED, HIDDEN = "linked folders", "folders that cannot be opened", "hidden"
VIDEOS = "videos, which `facejury compare` judges"
SOUNDS = "sounds, for which no detector was chosen"
BARE = "without a suffix"
ONE = {  # of each kind that has a plural
    LINKS: "linked folder",
    CLOSED: "folder that cannot be opened",
    VIDEOS: "video, which `facejury compare` judges",
    SOUNDS: "sound, for which no detector was chosen",
}


@dataclass
class LeftAside:
    """What was met in folders and is not judged. names: kind -> the paths in their folder, in the order met."""

    names: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, path: str, kind: str = "") -> None:
        """Note a file, or with its kind anything else. path: inside the folder that was given."""
        self.names[kind or name_kind(path)].append(path)

    def say(self) -> str:
        """One sentence; empty where nothing was left aside."""
        kinds = [
            f"{len(paths)} {ONE.get(kind, kind) if len(paths) == 1 else kind} ({_list(paths)})"
            for kind, paths in sorted(self.names.items())
        ]
        return f"Left aside in folders: {'; '.join(kinds)}." if kinds else ""


def name_kind(path: str) -> str:
    """What a file that is left aside is called, by its name alone: it is not opened."""
    named = PurePosixPath(path)
    if any(part.startswith(".") for part in named.parts):
        return HIDDEN
    if named.suffix.lower() in SUFFIXES:  # of the other videos, which nothing here reads, the suffix is said
        return VIDEOS
    if named.suffix.lower() in SOUND_SUFFIXES:
        return SOUNDS
    return named.suffix.lower() or BARE


def _list(paths: list[str]) -> str:
    return ", ".join([*paths[:NAMED], *(["…"] if len(paths) > NAMED else [])])
