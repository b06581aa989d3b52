"""A face's power spectrum, averaged over all directions, and a fixed rule. After Durall 2019, arXiv:1911.00686."""

import numpy as np
import pluggy

hookimpl = pluggy.HookimplMarker("facejury")


def examine(image):
    """P(fake): how far the high frequencies of the middle are above or below a photo's, which fall as 1 / f^2."""
    top, left = (max(0, (side - 256) // 2) for side in image.shape[:2])
    grey = image[top : top + 256, left : left + 256].mean(axis=2) / 255
    power = np.abs(np.fft.fft2(grey - grey.mean())) ** 2 + 1e-6
    frequency = np.hypot(*np.meshgrid(*map(np.fft.fftfreq, grey.shape), indexing="ij"))
    ring = np.minimum((frequency * 32).astype(int), 16)  # rings of width 1/32; what lies beyond 1/2 is one ring
    profile = np.bincount(ring.ravel(), power.ravel(), 17) / np.maximum(np.bincount(ring.ravel(), minlength=17), 1)
    fall = np.log10((profile[2] + 1e-6) / (profile[14] + 1e-6))
    return float(1 / (1 + np.exp(4 - 2 * abs(fall - 2))))


@hookimpl
def register_detectors(register):
    """One detector, which needs nothing loaded."""
    register(key="spectrum", title="Power spectrum", load=lambda: examine, card="A rule set by eye; not measured.")
