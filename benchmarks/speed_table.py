"""The figures of `facejury models speed` as tables to read, on the screen and in Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.table import Table

from benchmarks.speed import ROOT, Figures
from models.evaluation.document import as_table, read_between, write_between

DOCUMENT = ROOT / "docs" / "performance.md"
MARK = "speed"
CLUSTER_CORES = 100 * 32
NAMES = {"predict": "Keras predict", "savedmodel": "SavedModel", "torch": "PyTorch eager"}
STEPS = {
    "decode": ("decode, libjpeg", "libjpeg-turbo alone"),
    "faces": (None, "the network at the measured peak"),
    "crop and resize": ("crop, one copy", "the crop copied once"),
    "network": (None, "the network at the measured peak"),
    "overlay": ("overlay, JPEG only", "encoding the JPEG"),
}
Rows = Iterator[Sequence[str]]


def tables(figures: Figures) -> Iterator[Table]:
    """All of them, for the screen."""
    for title, heads, rows in _all(figures):
        table = Table(*heads, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        yield table


def markdown(saved: Sequence[Figures]) -> str:
    """All of them, for a document: one kind of CPU after the other, for they are not to be compared."""
    parts: list[str] = []
    for figures in saved:
        has = ", ".join(figures["machine"]["instructions"]) or "its instructions are not known"
        parts.append(f"## A CPU with {figures['machine']['cpu']} ({has})")
        for title, heads, rows in _all(figures):
            parts += [f"**{title[0].upper()}{title[1:]}**", as_table([heads, *rows])]
    return "\n\n".join(parts)


def _all(figures: Figures) -> Iterator[tuple[str, Sequence[str], Rows]]:
    """Title, heads and rows of each."""
    machine = figures["machine"]
    busy = f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before"
    yield f"one face in ONNX Runtime, and in others ({busy})", ("", *network_heads(figures)), network_rows(figures)
    yield "a JPEG of 12 megapixels to verdict and overlay", ("", "ms", ""), request_rows(figures)
    yield "where its time goes", ("step", "ms", "floor, ms", "the floor is"), step_rows(figures)
    yield "from starting the program to its end", ("", "seconds", "MB at most", ""), start_rows(figures)
    yield "the whole jury on one picture", ("", "seconds", "MB at most"), limit_rows(figures)
    yield "a scan of 512-pixel portraits", ("", "pictures a second", ""), scan_rows(figures)
    yield "very many of them", ("pictures", "core hours", "on 100 machines of 32 cores, hours"), growth_rows(figures)


def network_heads(figures: Figures) -> list[str]:
    """What is said of each network."""
    others = [f"faster than {NAMES[name]}" for name in _list_others(figures)]
    return ["ms", *others, "heat map, ms", "GFLOP/s", "of the peak", "MB", "MB, Keras"]


def _list_others(figures: Figures) -> list[str]:
    """The stacks that any network was measured in beside ONNX Runtime."""
    return [name for name in NAMES if any(name in one["onnx_is_faster_than"] for one in figures["networks"].values())]


def network_rows(figures: Figures) -> Rows:
    """One a network."""
    others = _list_others(figures)
    for key, found in figures["networks"].items():
        faster = found["onnx_is_faster_than"]
        ratios = [_say(faster[name], "x") if name in faster else "-" for name in others]
        share, held = f"{found['share_of_peak']:.0%}", found["megabytes"]
        speed = f"{found['heat_map_ms']:.2f}", f"{found['gflops']:.0f}", share
        yield key, f"{found['ms']['onnx']:.2f}", *ratios, *speed, f"{held['onnx']:.0f}", f"{held['predict']:.0f}"


def request_rows(figures: Figures) -> Rows:
    """Ours and the plain way."""
    request = figures["request"]
    yield f"here, {request['detector']}", f"{request['ms']['request']:.0f}", ""
    plain = f"Pillow, {request['naive_finder']}, predict, Grad-CAM by gradients"
    yield plain, f"{request['ms']['naive']:.0f}", f"{_say(request['faster'])} times as long"
    jury = figures["jury"]
    together = f"{_say(jury['share_of_sum'], digits=2)} of the sum of each alone"
    yield f"{jury['detectors']} detectors on one face, side by side", f"{jury['ms']['together']:.1f}", together


def step_rows(figures: Figures) -> Rows:
    """One a step, with what it would take at the least."""
    request = figures["request"]
    ms, network = request["ms"], figures["networks"][request["detector"]]
    computed = {
        "faces": request["faces_floor_ms"],
        "network": network["gflop"] / request["peak_gflops"] * 1000,
    }
    for step, (floor, meaning) in STEPS.items():
        yield step, f"{ms[step]:.1f}", f"{ms[floor] if floor else computed[step]:.1f}", meaning


def start_rows(figures: Figures) -> Rows:
    """Commands, and how long the imports alone take."""
    for name, found in figures["starts"].items():
        beside = f"{_say(found['times'])} times `{found['beside']}`" if "times" in found else ""
        yield name, f"{found['seconds']:.2f}", f"{found['peak_megabytes']:.0f}", beside


def limit_rows(figures: Figures) -> Rows:
    """What the largest requests take."""
    for name, found in figures["limits"].items():
        yield name, f"{found['seconds']:.2f}", f"{found['peak_megabytes']:.0f}"


def scan_rows(figures: Figures) -> Rows:
    """One process, then all cores."""
    scan = figures["scan"]
    yield "one process, one thread", f"{scan['one_core']:.1f}", ""
    for name, title in {"scan": "a scan, all cores", "ray": "the same with --ray"}.items():
        if name in scan:
            found = scan[name]
            share = f"{_say(found['share'], digits=2)} of cores x one process"
            yield title, f"{found['rate']:.1f}", f"{share}; starts in {found['start_seconds']:.1f} s"


def growth_rows(figures: Figures) -> Rows:
    """The arithmetic for collections that no machine holds."""
    scan = figures["scan"]
    a_core = scan["one_core"] * scan.get("ray", scan["scan"])["share"]["value"]
    for pictures in (10_000_000, 1_000_000_000):
        hours = pictures / a_core / 3600
        yield f"{pictures:,}", f"{hours:,.0f}", f"{hours / CLUSTER_CORES:,.1f}"


def _say(ratio: Mapping[str, float], unit: str = "", *, digits: int = 1) -> str:
    """With its interval, where there is one: what was saved before there were any has none."""
    said = f"{ratio['value']:.{digits}f}{unit}"
    return f"{said} [{ratio['low']:.{digits}f}, {ratio['high']:.{digits}f}]" if "low" in ratio else said


def check_document(document: Path) -> None:
    """Raises DataError when a mark is missing: before anything is measured, not after it."""
    read_between(document, MARK)


def write(saved: Sequence[Figures], document: Path = DOCUMENT) -> None:
    """Put the tables between the two marks of a document. Raises DataError when a mark is missing."""
    write_between(document, {MARK: markdown(saved)})
