"""The sound of a video: what the detectors of sound say of it, beside the pictures."""

from collections import deque
from collections.abc import Callable
from pathlib import Path

from detectors.audio.judge import judge_sound
from detectors.audio.results import JudgedSound
from detectors.inputs.audio.read import NO_SOUND, Sound, SoundError
from detectors.jury.judge import Jury


def listen(
    path: Path, jury: Jury, *, start: float, name: str, wanted: Callable[[], bool] = lambda: True
) -> tuple[JudgedSound | None, Sound | None]:
    """What is said of a video's sound from that second on, and the sound; neither where it has none.

    name: the video's, as its result has it. A sound that cannot be judged says why, see JudgedSound.error.
    """
    try:
        hearings = deque(judge_sound(path, jury, start=start, name=name, wanted=wanted), maxlen=1)
    except SoundError as error:
        silent = str(error) == NO_SOUND
        return None if silent else JudgedSound(name, start=start, error=str(error)), None
    return hearings[0].judged, hearings[0].sound
