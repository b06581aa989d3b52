"""A live picture before the chosen detectors: frame by frame, each face followed, and its verdicts smoothed.

What is kept from one frame to the next is numbers: where the faces were, and what was said of them. No picture is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from detectors.faces.crop import crop_face
from detectors.faces.face import Box, Face
from detectors.faces.find import find_faces
from detectors.faces.nearby import find_again
from detectors.faces.track import pair
from detectors.jury.fusion import JuryVerdict, as_json, fuse
from detectors.jury.judge import Jury
from detectors.jury.parallel import Shown, judge_all
from detectors.video.smoothing import Smoother
from registry import Image, Verdict

SEARCH_SECONDS = 1.0  # between two full searches while faces are followed: how long a newcomer may go unseen
FORGET_SECONDS = 1.0  # how long a face that is not seen keeps its number and its verdicts


@dataclass(frozen=True)
class LiveFace:
    """A face in the newest frame. number: the same from frame to frame. verdicts: smoothed, in the jury's order."""

    number: int
    box: Box
    score: float
    verdicts: tuple[Verdict, ...]
    jury: JuryVerdict | None
    doubt: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: as a face of a comparison, with its number, and without what was measured on photos alone."""
        verdicts = [verdict.as_dict() for verdict in self.verdicts]
        return {
            "number": self.number,
            "box": list(self.box),
            "score": self.score,
            "doubt": self.doubt,
            "verdicts": verdicts,
            "jury": as_json(self.jury),
        }


@dataclass
class _Track:
    """One face so far. seen: seconds, of the last frame it was in."""

    face: Face
    seen: float
    smoother: Smoother = field(default_factory=Smoother)


class LiveView:
    """One camera. Its frames come one after the other; not for several threads at once."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}
        self._searched = float("-inf")  # when the whole picture was searched last

    def look(self, image: Image, jury: Jury, *, at: float) -> list[LiveFace]:
        """The faces of one frame by number, judged by those of the jury that judge faces.

        image: uint8 RGB (h, w, 3). at: seconds on a clock that never goes back.
        """
        self._tracks = {number: track for number, track in self._tracks.items() if at - track.seen < FORGET_SECONDS}
        faces = self._find(image, at)
        verdicts = _judge(image, faces, jury)
        judged = zip(self._number(faces, at), faces, verdicts, strict=True)
        return sorted((self._smooth(*one, at=at) for one in judged), key=lambda face: face.number)

    def _find(self, image: Image, at: float) -> Sequence[Face]:
        if at - self._searched < SEARCH_SECONDS:
            followed = find_again(image, [track.face.box for track in self._tracks.values()])
            if followed is not None:
                return followed
        self._searched = at
        return find_faces(image)

    def _number(self, faces: Sequence[Face], at: float) -> list[int]:
        """Each face's number: its own of before, or the lowest that is free."""
        numbers = pair({number: track.face for number, track in self._tracks.items()}, faces)
        for index, face in enumerate(faces):
            if index not in numbers:
                numbers[index] = next(number for number in count(1) if number not in self._tracks)
                self._tracks[numbers[index]] = _Track(face, at)
            track = self._tracks[numbers[index]]
            track.face, track.seen = face, at
        return [numbers[index] for index in range(len(faces))]

    def _smooth(self, number: int, face: Face, verdicts: Sequence[Verdict], *, at: float) -> LiveFace:
        smoother, doubt = self._tracks[number].smoother, face.doubt
        smoothed = tuple(smoother.smooth(verdict, at, doubt=doubt) for verdict in verdicts)
        return LiveFace(number, face.box, face.score, smoothed, fuse(smoothed, doubt=doubt), doubt)


def _judge(image: Image, faces: Sequence[Face], jury: Jury) -> list[tuple[Verdict, ...]]:
    """What each detector says of each face, the detectors side by side."""
    crops = [Shown(crop_face(image, face.box, face.roll), doubt=face.doubt) for face in faces]
    return judge_all(jury.judge, jury.specs, crops)
