"""Judging a video holds no more than 1.5 GB; how long it takes is told by `python -m benchmarks.video_speed`."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.video_speed import RATE, measure, scene
from tests.detectors.videos import write_video


@pytest.mark.slow
def test_ten_seconds_of_720p_are_twenty_frames_of_one_person_in_less_than_1500_megabytes(tmp_path: Path) -> None:
    times = [number / RATE for number in range(10 * RATE)]
    found: dict[str, Any] = measure(
        write_video(tmp_path / "scene.mp4", scene(10), times), ["custom-cnn", "efficientnet"]
    )
    assert found["moments"] == 20 and found["persons"] == [20]
    assert found["megabytes"] < 1500, found
