"""Times in a video as people write and read them."""

import re
from collections.abc import Sequence

NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")


def read_time(text: str) -> float:
    """Seconds from "90", "1:30" or "1:02:30"; an empty text is the beginning. Raises ValueError."""
    parts = text.strip().split(":") if text.strip() else ["0"]
    if len(parts) > 3 or not all(NUMBER.fullmatch(part) for part in parts):
        raise ValueError(f"a time is written as 90, 1:30 or 1:02:30, got {text[:40]!r}")
    return sum(float(part) * 60.0**power for power, part in enumerate(reversed(parts)))


def say_at(seconds: float) -> str:
    """A time: "0:07.5", "12:30", "1:02:30.5". Tenths only where there are any."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    shown = f"{rest // 10:02d}" + (f".{rest % 10}" if rest % 10 else "")
    return f"{hours}:{minutes:02d}:{shown}" if hours else f"{minutes}:{shown}"


def say_frames(times: Sequence[float]) -> str:
    """When frames were sampled: "12 frames from 0:00 to 0:05.5", "one frame at 0:00". times: seconds, at least one."""
    if len(times) == 1:
        return f"one frame at {say_at(times[0])}"
    return f"{len(times)} frames from {say_at(times[0])} to {say_at(times[-1])}"


def say_length(seconds: float) -> str:
    """A length: "45 s", "10 min", "2 h 5 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
