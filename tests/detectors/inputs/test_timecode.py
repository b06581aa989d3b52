"""Times as people write them."""

import pytest

from detectors.inputs.timecode import read_time, say_at, say_frames, say_length


def test_a_time_is_read_in_each_way_people_write_it() -> None:
    assert [read_time(text) for text in ("", "0", "90", "1:30", "1:02:30", " 0:07.5 ")] == [0, 0, 90, 90, 3750, 7.5]


@pytest.mark.parametrize("text", ["soon", "1:2:3:4", "-5", "1:-5", "1e9", "nan", "inf", "9" * 50, "1:", ":"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="1:02:30"):
        read_time(text)


def test_times_and_lengths_are_said_shortly() -> None:
    assert [say_at(at) for at in (0, 7.5, 59.96, 750, 3750.5)] == ["0:00", "0:07.5", "1:00", "12:30", "1:02:30.5"]
    assert [say_length(seconds) for seconds in (45, 600, 10800, 7500)] == ["45 s", "10 min", "3 h 0 min", "2 h 5 min"]
    assert [say_frames(times) for times in ([0.5], [0.0, 0.5])] == [
        "one frame at 0:00.5",
        "2 frames from 0:00 to 0:00.5",
    ]
