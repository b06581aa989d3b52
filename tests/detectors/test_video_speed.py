"""A video must not take longer to judge than to watch, nor more than 1.5 GB, on whatever machine runs this."""

import pytest

from tests.detectors.video_speed import RATE, measure, scene
from tests.detectors.videos import write_video


@pytest.mark.slow
def test_ten_seconds_of_720p_take_two_detectors_less_than_ten_and_1500_megabytes(tmp_path):
    times = [number / RATE for number in range(10 * RATE)]
    found = measure(write_video(tmp_path / "scene.mp4", scene(10), times), ["custom-cnn", "efficientnet"])
    assert found["moments"] == 20 and found["persons"] == [20]
    assert found["of processor time"] < 10, found
    assert found["megabytes"] < 1500, found
