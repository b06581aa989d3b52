"""One round trip through JPEG: what saving a face again does to it."""

import cv2
import numpy as np

from registry import Image


def recompress(image: Image, quality: int, *, subsampled: bool = True) -> Image:
    """The picture after JPEG of this quality, 1 to 100; subsampled: its colours at half the size, as most save them.

    uint8 RGB (h, w, 3) in and out.
    """
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), dtype=np.uint8)
