"""The checks of a detector, one function each: its name and first line are what an author reads.

detectors.conformance.check runs them, in the detector's own process.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil

from detectors.conformance import samples
from detectors.inputs.images import read_image
from detectors.jury.about import read_card
from detectors.sandbox.audit import AuditedDetector
from detectors.video.clips import MIN_CLIP_FRAMES
from registry import Finding, Image, read_finding
from registry.contract import Clip, ExamineResult, Times, read_number

TOLERANCE = 1e-6  # between two answers to the same pixels
POLARITY_TOLERANCE = 0.05  # a detector that does not look for blending must not move; noise is no wrong sign
CALLS = 200
HUGE = 3000, 4000  # height and width: 12 megapixels, a phone's photo
MEGABYTES = 20.0  # what CALLS pictures may leave behind: 0.1 MB each, above an allocator's noise
Outcome = tuple[bool, str]


def time_limit(audited: AuditedDetector) -> Outcome:
    """An answer within the detector's `seconds`, to a face and to a picture of 12 megapixels."""
    times = [_time(audited, image) for image in (samples.real(audited.spec.expects), samples.noise(*HUGE))]
    return max(times) <= audited.spec.seconds, " and ".join(f"{seconds:.2f} s" for seconds in times)


def range_and_type(audited: AuditedDetector) -> Outcome:
    """One number in [0, 1] for a face, noise, black and white."""
    numbers = [_number(audited, _examine(audited, image)) for image in _plain(audited)]
    return not any(number < 0 or number > 1 for number in numbers), _list(numbers)


def no_nan(audited: AuditedDetector) -> Outcome:
    """No NaN for a face, noise, black and white."""
    numbers = [_number(audited, _examine(audited, image)) for image in _plain(audited)]
    return not np.isnan(numbers).any(), _list(numbers)


def repeatable(audited: AuditedDetector) -> Outcome:
    """The same answer to the same picture twice, to 1e-6."""
    return _compare(*(_find(audited, samples.real(audited.spec.expects)) for _ in range(2)))


def path_bytes_array(audited: AuditedDetector) -> Outcome:
    """The same answer from a file, from its bytes and from its pixels, to 1e-6."""
    image = samples.real(audited.spec.expects)
    data = samples.as_png(image)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "face.png")
        path.write_bytes(data)
        images = image, read_image(data).pixels, read_image(path).pixels
    return _compare(*(_find(audited, pixels) for pixels in images))


def grey(audited: AuditedDetector) -> Outcome:
    """A valid answer to a grey picture."""
    return _answers(audited, read_image(samples.as_png(samples.portrait(), mode="L")).pixels)


def alpha(audited: AuditedDetector) -> Outcome:
    """A valid answer to a half transparent picture."""
    return _answers(audited, read_image(samples.as_png(samples.portrait(), mode="RGBA")).pixels)


def tiny(audited: AuditedDetector) -> Outcome:
    """A valid answer to pictures of 2 x 2 and 16 x 16 pixels."""
    return _answers(audited, samples.stretched(2, 2), samples.stretched(16, 16))


def huge(audited: AuditedDetector) -> Outcome:
    """A valid answer to a picture of 4000 x 3000 pixels."""
    return _answers(audited, samples.noise(*HUGE))


def portrait_and_landscape(audited: AuditedDetector) -> Outcome:
    """A valid answer to pictures of 200 x 300 and 300 x 200 pixels."""
    return _answers(audited, samples.stretched(300, 200), samples.stretched(200, 300))


def exif_rotated(audited: AuditedDetector) -> Outcome:
    """The same answer to a picture stored on its side with an EXIF orientation as to the upright one, to 1e-6."""
    image = samples.real(audited.spec.expects)
    on_its_side = samples.as_png(np.rot90(image), orientation=6)  # 6: to be turned clockwise by a quarter
    return _compare(_find(audited, image), _find(audited, read_image(on_its_side).pixels))


def eight_threads(audited: AuditedDetector) -> Outcome:
    """The same answers from eight threads at once as one after the other, to 1e-6."""
    images = [samples.stretched(64 + 16 * number, 96) for number in range(8)]
    alone = [_find(audited, image).p_fake for image in images]
    with ThreadPoolExecutor(8) as pool:
        together = [finding.p_fake for finding in pool.map(lambda image: _find(audited, image), images * 2)]
    apart = float(np.abs(np.array(together) - np.array(alone * 2)).max())
    return apart <= TOLERANCE, f"at most {apart:.1e} apart"


def input_not_mutated(audited: AuditedDetector) -> Outcome:
    """The picture it was given is the same afterwards."""
    given = _give(audited, samples.real(audited.spec.expects))
    image, before = given[0], given[0].copy()
    audited.examine(*given)
    changed = int((image != before).any(axis=-1).sum())
    return changed == 0, f"{changed} pixels changed" if changed else "the same"


def heat_map(audited: AuditedDetector) -> Outcome:
    """A heat map, if there is one, of shape (h, w) with numbers in [0, 1]; of a clip, scores of shape (t,)."""
    answer = _examine(audited, samples.real(audited.spec.expects))
    _number(audited, answer)  # raises on what is neither a number nor a pair; its value has checks of its own
    if not isinstance(answer, tuple) or len(answer) == 1 or answer[1] is None:
        return True, "no heat map, no scores"
    _read(audited, (0.5, answer[1]))  # raises on a wrong one
    heatmap = np.asarray(answer[1])
    return True, f"shape {heatmap.shape}, {heatmap.min():.3f} to {heatmap.max():.3f}"


def loaded_once(audited: AuditedDetector) -> Outcome:
    """No file read again once the first picture was examined: `load` and the first call keep what they read."""
    image = samples.real(audited.spec.expects)
    _find(audited, image)
    audited.read.clear()
    _find(audited, image)
    return not audited.read, _name(audited.read) or "nothing read"


def no_network(audited: AuditedDetector) -> Outcome:
    """No connection and no program started while it examines a picture (sockets are blocked)."""
    with suppress(PermissionError):  # it is written down
        _examine(audited, samples.real(audited.spec.expects))
    audited.finish()
    return not audited.connected, ", ".join(dict.fromkeys(audited.connected)) or "none"


def no_writes(audited: AuditedDetector) -> Outcome:
    """No file written outside the cache folders and the folder for temporary files."""
    _examine(audited, samples.real(audited.spec.expects))
    audited.finish()
    return not audited.written, _name(audited.written) or "none"


def memory(audited: AuditedDetector) -> Outcome:
    """At most 20 MB more held after 200 pictures."""
    image = samples.stretched(samples.SIDE, samples.SIDE)
    _call(audited, image, 20, until=time.monotonic() + 2 * audited.spec.seconds)  # until buffers have their size
    before, began = psutil.Process().memory_info().rss / 1e6, time.monotonic()
    calls = _call(audited, image, CALLS, until=began + 5 * audited.spec.seconds)
    grown = psutil.Process().memory_info().rss / 1e6 - before
    return grown * CALLS / calls <= MEGABYTES, f"{max(0.0, grown):.1f} MB more after {calls} pictures"


def polarity(audited: AuditedDetector) -> Outcome:
    """P(fake) of a real photo's forgeries not below the real photo's by more than 0.05, on average."""
    expects = audited.spec.expects
    real = _find(audited, samples.real(expects)).p_fake
    forged = float(np.mean([_find(audited, image).p_fake for image in samples.forgeries(expects)]))
    return forged >= real - POLARITY_TOLERANCE, f"real {real:.3f}, forged {forged:.3f}"


def card(audited: AuditedDetector) -> Outcome:
    """A model card: Markdown text, or the path of a file that holds it."""
    text = read_card(audited.spec)
    return bool(text.strip()), f"{len(text.split())} words"


CHECKS: tuple[Callable[[AuditedDetector], Outcome], ...] = (
    time_limit,
    range_and_type,
    no_nan,
    repeatable,
    path_bytes_array,
    grey,
    alpha,
    tiny,
    huge,
    portrait_and_landscape,
    exif_rotated,
    eight_threads,
    input_not_mutated,
    heat_map,
    loaded_once,
    no_network,
    no_writes,
    memory,
    polarity,
    card,
)


def name_check(check: Callable[[AuditedDetector], Outcome]) -> str:
    """How a check is called in tables and JSON."""
    return check.__name__.replace("_", "-")


def say_expected(check: Callable[[AuditedDetector], Outcome]) -> str:
    """What a check asks for: one sentence."""
    return (check.__doc__ or "").strip()


def _plain(audited: AuditedDetector) -> tuple[Image, ...]:
    return samples.real(audited.spec.expects), samples.noise(), samples.flat(0), samples.flat(255)


def _number(audited: AuditedDetector, answer: ExamineResult) -> float:
    """The number in an answer, whatever its value. Raises TypeError when there is none."""
    try:
        return _read(audited, answer).p_fake
    except ValueError:
        return read_number(answer[0] if isinstance(answer, tuple) else answer)


def _examine(audited: AuditedDetector, image: Image) -> ExamineResult:
    """An answer to a copy: a detector that writes into its picture must not spoil the samples."""
    return audited.examine(*_give(audited, image))


def _give(audited: AuditedDetector, image: Image) -> tuple[Image] | tuple[Clip, Times]:
    """What it is called with to be shown a copy of this picture: the picture itself, or a clip of it."""
    return samples.as_clip(image) if audited.spec.expects == "clip" else (image.copy(),)


def _read(audited: AuditedDetector, answer: ExamineResult) -> Finding:
    return read_finding(answer, frames=MIN_CLIP_FRAMES if audited.spec.expects == "clip" else None)


def _find(audited: AuditedDetector, image: Image) -> Finding:
    return _read(audited, _examine(audited, image))


def _answers(audited: AuditedDetector, *images: Image) -> Outcome:
    return True, _list([_find(audited, image).p_fake for image in images])


def _compare(*findings: Finding) -> Outcome:
    numbers = [finding.p_fake for finding in findings]
    return max(numbers) - min(numbers) <= TOLERANCE, _list(numbers, digits=7)


def _time(audited: AuditedDetector, image: Image) -> float:
    """How long a call took; that it failed is for other checks to say."""
    began = time.perf_counter()
    with suppress(Exception):
        _examine(audited, image)
    return time.perf_counter() - began


def _call(audited: AuditedDetector, image: Image, times: int, *, until: float) -> int:
    """How often it was called before the time was up; at least once."""
    for count in range(1, times + 1):
        _examine(audited, image)
        if time.monotonic() > until:
            return count
    return times


def _list(numbers: Sequence[float], *, digits: int = 3) -> str:
    return ", ".join(f"{number:.{digits}f}" for number in numbers)


def _name(paths: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(paths))
