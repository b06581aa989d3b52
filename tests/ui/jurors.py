"""Detectors made of one function each, whose verdicts are known."""

from collections.abc import Callable

import numpy as np

from registry import DetectorSpec


def spec(key: str, examine: Callable[..., object], **options: object) -> DetectorSpec:
    """A detector made of one function."""
    options = {"title": key.capitalize(), "fake_from": 0.7, "real_until": 0.3} | options
    return DetectorSpec(key=key, load=lambda: examine, **options)  # type: ignore[arg-type]


def say_fake(image: np.ndarray) -> tuple[float, np.ndarray]:
    return 0.93, np.eye(8, dtype=np.float32)


def say_real(image: np.ndarray) -> float:
    return 0.03


JURY = (spec("accuser", say_fake), spec("defender", say_real))
