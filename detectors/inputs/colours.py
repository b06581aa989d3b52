"""Pixels of any depth and any colour profile become 8-bit sRGB, the colours that detectors were trained on."""

import io
from functools import lru_cache

import numpy as np
import PIL.Image
import PIL.ImageCms
from numpy.typing import NDArray

from registry import Image

ROWS = 64  # turned into numpy at a time: all at once takes three times as long, and of floats a gigabyte
SPACES = {"RGB": "RGB ", "CMYK": "CMYK", "L": "GRAY", "LAB": "Lab "}  # Pillow's mode, of a profile
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
    if _is_srgb(raw):
        return picture, ()
    alpha = picture.convert("RGBA").getchannel("A") if picture.has_transparency_data else None
    if picture.mode in ("1", "LA"):
        picture = picture.convert("L")
    elif picture.mode in ("P", "PA", "RGBA"):
        picture = picture.convert("RGB")
    turned, notes = _by_profile(picture, raw)
    if alpha:  # which the profile leaves alone
        turned = turned.convert("RGB")
        turned.putalpha(alpha)
    return turned, notes


def _by_profile(picture: PIL.Image.Image, raw: bytes) -> tuple[PIL.Image.Image, tuple[str, ...]]:
    """A picture without alpha."""
    try:
        profile = PIL.ImageCms.ImageCmsProfile(io.BytesIO(raw))
        if profile.profile.xcolor_space != SPACES.get(picture.mode):
            return picture, (BAD_PROFILE,)
        srgb = PIL.ImageCms.createProfile("sRGB")
        turned = PIL.ImageCms.profileToProfile(picture, profile, srgb, outputMode="RGB")
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


def from_deep_grey(picture: PIL.Image.Image) -> tuple[Image, tuple[str, ...]]:
    """16-bit, 32-bit and float grey as uint8 RGB (h, w, 3), and the notes of to_srgb. Raises UnclearScaleError."""
    values = np.asarray(picture)
    full = _find_white(values)  # 12 bits are stored in 16 as well, and would be as good as black
    # Pillow heeds it in shallow pictures alone.
    is_negative = getattr(picture, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO
    shades, notes = _shade(picture)
    grey = np.empty(values.shape, dtype=np.uint8)
    for top in range(0, len(values), ROWS):
        level = np.clip(np.nan_to_num(values[top : top + ROWS].astype(np.float64)) / full * 255, 0, 255)
        level = 255 - level if is_negative else level
        grey[top : top + ROWS] = np.interp(level, range(256), shades).round() if shades is not None else level.round()
    return np.repeat(grey[:, :, None], 3, axis=2), notes


def _shade(picture: PIL.Image.Image) -> tuple[NDArray[np.uint8] | None, tuple[str, ...]]:
    """What its profile or gamma makes of each of 256 shades, None where it has neither; and the notes of to_srgb."""
    ramp = PIL.Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    ramp.info = {name: picture.info[name] for name in ("icc_profile", "gamma", "srgb") if name in picture.info}
    turned, notes = to_srgb(ramp)
    return (None if turned is ramp else np.asarray(turned.convert("L"))[0]), notes


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
