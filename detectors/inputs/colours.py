"""Pixels of any depth and any colour profile become 8-bit sRGB, the colours that detectors were trained on."""

import io
from functools import lru_cache

import numpy as np
import PIL.Image
import PIL.ImageCms
from numpy.typing import NDArray

from registry import Image

ROWS = 64  # turned into numpy at a time: all at once takes three times as long, and of floats a gigabyte
SPACES = {"RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK", "L": "GRAY", "LAB": "Lab "}  # Pillow's mode, of a profile
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0  # a tag of a TIFF, and a value of it
SAME_SHADE = 8  # of 255 levels: profiles that say sRGB differ by so much in the dark
SRGB_GAMMA, SAME_GAMMA = 2.2, 0.05  # libpng, too, leaves an exponent this near to 1 alone
BAD_PROFILE = "Its colour profile is damaged or of another kind of picture, so its colours may be shifted."
FULL = (1.0, 255.0, 65_535.0)  # what white may be, in a picture of numbers
LEAST_WHITE = 1 / 8  # of that, for the brightest hundredth of the pixels; below it the scale is a guess
BRIGHT_PERCENT = 99


class UnclearScaleError(ValueError):
    """Numbers of which nobody can tell what is white. The message is one sentence for the visitor."""


def to_srgb(picture: PIL.Image.Image) -> tuple[PIL.Image.Image, tuple[str, ...]]:
    """A picture by its embedded profile in sRGB, alpha kept; a note where the profile is of no use."""
    raw = picture.info.get("icc_profile")
    if not raw:
        return _from_gamma(picture), ()
    if picture.mode in ("P", "PA", "LA") or (picture.mode != "RGBA" and picture.has_transparency_data):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")  # which the profile leaves alone
    if is_srgb(picture):
        return picture, ()
    try:
        profile = PIL.ImageCms.ImageCmsProfile(io.BytesIO(raw))
        if profile.profile.xcolor_space != SPACES.get(picture.mode):
            return picture, (BAD_PROFILE,)
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        srgb = PIL.ImageCms.createProfile("sRGB")
        turned = PIL.ImageCms.profileToProfile(picture, profile, srgb, outputMode=mode)
    except (PIL.ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture, (BAD_PROFILE,)
    return turned or picture, ()


def is_srgb(picture: PIL.Image.Image) -> bool:
    """Whether it has no colour profile, or one that says that it is sRGB's, and is so."""
    return not (raw := picture.info.get("icc_profile")) or _is_srgb(raw)


@lru_cache(maxsize=8)  # some take half a megabyte
def _is_srgb(raw: bytes) -> bool:
    """A name alone does not do: there are profiles with sRGB's primaries and other curves, linear ones for instance."""
    try:
        profile = PIL.ImageCms.ImageCmsProfile(io.BytesIO(raw))
        if not PIL.ImageCms.getProfileDescription(profile).startswith("sRGB"):
            return False
        ramp = PIL.Image.linear_gradient("L").convert("RGB")
        turned = PIL.ImageCms.profileToProfile(ramp, profile, PIL.ImageCms.createProfile("sRGB"))
    except (PIL.ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return False
    return turned is not None and _differ(ramp, turned) <= SAME_SHADE


def _differ(one: PIL.Image.Image, other: PIL.Image.Image) -> int:
    """By how many of 255 levels, at most."""
    return int(np.abs(np.asarray(one, dtype=np.int16) - np.asarray(other, dtype=np.int16)).max())


def _from_gamma(picture: PIL.Image.Image) -> PIL.Image.Image:
    """A PNG whose gAMA chunk states another gamma than the usual 1 / 2.2 as browsers show it, alpha kept."""
    exponent = 1 / (SRGB_GAMMA * (picture.info.get("gamma") or 1 / SRGB_GAMMA))
    if "srgb" in picture.info or abs(exponent - 1) <= SAME_GAMMA:  # the sRGB chunk outweighs gAMA
        return picture
    if picture.mode not in ("L", "LA", "RGB", "RGBA"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    curve = [round(255 * (value / 255) ** exponent) for value in range(256)]
    bands = picture.getbands()
    return picture.point([shade for band in bands for shade in (range(256) if band == "A" else curve)])


def from_deep_grey(picture: PIL.Image.Image) -> Image:
    """16-bit, 32-bit and float grey as uint8 RGB (h, w, 3). Raises UnclearScaleError."""
    values = np.asarray(picture)
    full = _find_white(values)  # 12 bits are stored in 16 as well, and would be as good as black
    grey = np.empty(values.shape, dtype=np.uint8)
    for top in range(0, len(values), ROWS):
        band = np.nan_to_num(values[top : top + ROWS].astype(np.float64)) / full * 255
        grey[top : top + ROWS] = np.clip(band, 0, 255).round()
    if getattr(picture, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO:  # which Pillow heeds in shallow pictures alone
        grey = 255 - grey
    return np.repeat(grey[:, :, None], 3, axis=2)


def check_deep(pixels: Image) -> None:
    """Raises UnclearScaleError where 16 bits a colour hold fewer, so that all is as good as black.

    pixels: uint8 RGB (h, w, 3), the upper 8 of the 16 bits.
    """
    bright = float(np.percentile(pixels.max(axis=2), BRIGHT_PERCENT))
    if pixels.max() > 0 and bright < 255 * LEAST_WHITE:
        raise UnclearScaleError(
            f"The picture has 16 bits a colour and uses {bright / 255:.1%} of their range, as if it held 12 or fewer: "
            "save it with 8 bits a colour and try again."
        )


def _find_white(values: NDArray[np.generic]) -> float:
    """The number that stands for white: 1, 255 or 65,535. Raises UnclearScaleError where it is none of them."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise UnclearScaleError("The picture holds no numbers that could be brightness.")
    least, bright, most = (float(value) for value in np.percentile(finite, [0, BRIGHT_PERCENT, 100]))
    for full in FULL if values.dtype.kind == "f" else FULL[1:]:
        if most <= full and least >= 0 and (bright >= full * LEAST_WHITE or full == 1.0 or most == 0):
            return full
    raise UnclearScaleError(
        f"The picture's numbers go from {least:.6g} to {most:.6g}, which is none of the usual scales (0 to 1, 255 or "
        "65,535): save it with 8 bits a colour and try again."
    )
