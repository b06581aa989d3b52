"""Judging a video holds no more than 1.5 GB; how long it takes is told by `python -m benchmarks.video_speed`."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.video_speed import make_video, measure


@pytest.mark.slow
def test_ten_seconds_of_720p_with_sound_take_less_than_1500_megabytes(tmp_path: Path) -> None:
    keys = ["custom-cnn", "efficientnet", "temporal", "voice"]
    found: dict[str, Any] = measure(make_video(tmp_path / "scene.mp4", 10), keys)
    assert found["moments"] == 20 and found["persons"] == [20]
    assert found["frames in clips"] == [64] and found["windows of sound"] == 4
    assert found["megabytes"] < 1500, found
