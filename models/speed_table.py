"""The figures of `python -m models speed` as tables to read, on the screen and in Markdown."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from models.speed import Figures

NAMES = {"predict": "Keras predict", "savedmodel": "SavedModel", "torch": "PyTorch eager"}
STEPS = {
    "decode": ("decode, OpenCV", "libjpeg-turbo in OpenCV"),
    "faces": (None, "the network at the measured peak"),
    "crop and resize": ("crop, one copy", "the crop copied once"),
    "network": (None, "the network at the measured peak"),
    "overlay": ("overlay, JPEG only", "encoding the JPEG"),
}
Rows = Iterator[Sequence[str]]


def tables(figures: Figures) -> Iterator[Table]:
    """All of them."""
    machine = figures["machine"]
    title = f"one face, batch 1, {machine['cores']} cores, load {machine['load_before']} before"
    yield _table(title, ("detector", *network_heads(figures)), network_rows(figures))
    yield _table("a request: a JPEG of 12 megapixels to verdict and overlay", ("", "ms"), request_rows(figures))
    yield _table("where its time goes", ("step", "ms", "floor, ms", "the floor is"), step_rows(figures))
    yield _table("the whole jury", ("", "seconds", "MB at most"), limit_rows(figures))


def _table(title: str, heads: Sequence[str], rows: Rows) -> Table:
    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head, justify="right" if "ms" in head or "MB" in head or "second" in head else "left")
    for row in rows:
        table.add_row(*row)
    return table


def network_heads(figures: Figures) -> list[str]:
    """What is said of each network."""
    among = next(iter(figures["networks"].values()))["onnx_is_faster_than"]
    others = [f"times {NAMES[name]}" for name in among]
    return ["ms", *others, "heat map, ms", "GFLOP/s", "of the peak", "MB", "MB, Keras"]


def network_rows(figures: Figures) -> Rows:
    """One a network."""
    for key, found in figures["networks"].items():
        ratios = [f"{ratio:.1f}x" for ratio in found["onnx_is_faster_than"].values()]
        share, held = f"{found['share_of_peak']:.0%}", found["megabytes"]
        speed = f"{found['heat_map_ms']:.2f}", f"{found['gflops']:.0f}", share
        yield key, f"{found['ms']['onnx']:.2f}", *ratios, *speed, f"{held['onnx']:.0f}", f"{held['predict']:.0f}"


def request_rows(figures: Figures) -> Rows:
    """Ours and the plain way."""
    request = figures["request"]
    yield f"here, {request['detector']}", f"{request['ms']['request']:.0f}"
    plain = f"Pillow, {request['naive_finder']}, predict, Grad-CAM by gradients"
    yield plain, f"{request['ms']['naive']:.0f}, {request['faster']:.1f} times as long"
    jury = figures["jury"]
    together = f"{jury['ms']['together']:.1f}, {jury['share_of_sum']:.2f} of the sum of each alone"
    yield f"{jury['detectors']} detectors on one face, side by side", together


def step_rows(figures: Figures) -> Rows:
    """One a step, with what it would take at the least."""
    request = figures["request"]
    ms, network = request["ms"], figures["networks"][request["detector"]]
    computed = {
        "faces": request["faces_floor_ms"],
        "network": network["gflop"] / max(figures["peak_gflops"].values()) * 1000,
    }
    for step, (floor, meaning) in STEPS.items():
        yield step, f"{ms[step]:.1f}", f"{ms[floor] if floor else computed[step]:.1f}", meaning


def limit_rows(figures: Figures) -> Rows:
    """What a first verdict and the largest requests take."""
    everything = {"first verdict, from starting the program": figures["first_verdict"], **figures["limits"]}
    for name, found in everything.items():
        yield name, f"{found['seconds']:.2f}", f"{found['peak_megabytes']:.0f}"
