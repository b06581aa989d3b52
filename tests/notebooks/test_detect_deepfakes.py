"""The notebook runs from a fresh checkout on a small made set, and what stands in the repository is clean."""

import getpass
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import PIL.Image
import pytest
from nbclient import NotebookClient

from detectors.conformance.samples import forgeries, noise, photo
from detectors.networks.folder import CARD, load_folder
from registry import load_registry

pytestmark = pytest.mark.timeout(1200)  # of the run that most tests share: minutes of training on a busy machine
ROOT = Path(__file__).parents[2]
NAME = "notebooks/detect_deepfakes.ipynb"
NEEDED = ("detectors", "models", "notebooks", "registry", "storage", "text")
# Short enough for 55 s of processor time; its steps are too few for the tracing of a network's graph to pay.
SMALL = {"PAIRS": 24, "PROBED": 40, "FRAMES": 200, "SMALL_STEPS": 1, "LARGE_STEPS": 1}
UNTRACED = "import tensorflow\n\ntensorflow.config.run_functions_eagerly(True)"
LARGEST = 1_500_000  # bytes of the notebook with its pictures
NATIVE = re.compile(r"[IWE]\d{4} |WARNING: All log messages before absl")  # what TensorFlow's C++ says of the machine
TELLING = """
print("TOLD", json.dumps({
    "counts": counts, "traps": traps, "leaked": leaked,
    "auc": {key: figures["auc"] for key, figures in together.items()},
    "hits": {key: row["hit"] for key, row in pointed.items() if row}, "staged": staged, "listed": listed,
    "film": [len(moments), watched["count"], len(sound["windows"]), [motion["yaw"], motion["mouth_height"]]],
}))
"""


def read() -> nbformat.NotebookNode:
    return nbformat.read(ROOT / NAME, as_version=4)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git would put on another machine, as far as the notebook needs it."""
    folder = tmp_path_factory.mktemp("checkout").resolve()
    listed = subprocess.run(["git", "ls-files", "-z", *NEEDED], capture_output=True, text=True, check=True, cwd=ROOT)
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def find(book: nbformat.NotebookNode, tag: str) -> int:
    """The place of the cell with this tag."""
    return next(place for place, cell in enumerate(book.cells) if tag in cell.metadata.get("tags", ()))


def execute(checkout: Path, values: Mapping[str, object], *, until: str = "", then: str = "") -> nbformat.NotebookNode:
    """The notebook, run with other parameters, injected as papermill does; to the tagged cell, or to its end."""
    book = read()
    if until:
        del book.cells[find(book, until) + 1 :]
    else:
        book.cells.insert(find(book, "small"), nbformat.v4.new_code_cell(UNTRACED))
    injected = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    book.cells.insert(find(book, "parameters") + 1, nbformat.v4.new_code_cell(injected))
    book.cells.append(nbformat.v4.new_code_cell(then))
    folder = {"metadata": {"path": checkout / "notebooks"}}
    NotebookClient(book, timeout=None, kernel_name="python3", resources=folder).execute()
    return book


@pytest.fixture(scope="module", autouse=True)
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Kernels on the CPU that write nothing into the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        yield


@pytest.fixture(scope="module")
def ran(checkout: Path) -> nbformat.NotebookNode:
    """The whole notebook with its outputs, run in the checkout on a small made set."""
    return execute(checkout, SMALL, then=TELLING)


def told(book: nbformat.NotebookNode) -> Any:
    """What the last cell printed."""
    return json.loads(book.cells[-1].outputs[0].text.removeprefix("TOLD "))


@pytest.mark.slow
def test_a_careless_collection_tells_its_labels_and_the_pipeline_does_not(ran: nbformat.NotebookNode) -> None:
    traps = told(ran)["traps"]
    assert traps["format"][0] > 0.95  # by the file
    assert traps["size"][0] > 0.95
    assert traps["framing"][2] > 0.8  # by the face's share of the picture
    for _, fed, _, in_crop in traps.values():
        assert max(fed, in_crop) < 0.8
    assert max(traps["none"]) < 0.8


@pytest.mark.slow
def test_frames_of_one_video_on_both_sides_of_a_split_measure_nothing_but_the_video(ran: nbformat.NotebookNode) -> None:
    by_frame, by_video = told(ran)["leaked"].values()
    assert by_frame > 0.75
    assert by_video < 0.75


@pytest.mark.slow
def test_it_trains_two_networks_that_serve_as_detectors_and_stand_beside_the_jury(
    checkout: Path, ran: nbformat.NotebookNode
) -> None:
    for key in ("my-small", "my-large"):
        p_fake, heatmap = load_folder(checkout / "runs/notebook/weights" / key).examine(np.zeros((90, 90, 3), np.uint8))
        assert 0 <= p_fake <= 1
        assert heatmap.ndim == 2
    said = told(ran)
    assert list(said["auc"]) == [
        *(spec.key for spec in load_registry() if spec.expects == "face"),
        "my-small",
        "my-large",
        "jury",
    ]
    assert all(figure["low"] <= figure["value"] <= figure["high"] for figure in said["auc"].values())
    assert set(said["hits"]) == set(said["auc"]) - {"jury"}


@pytest.mark.slow
def test_a_video_is_judged_in_its_frames_in_its_motion_and_in_its_sound(ran: nbformat.NotebookNode) -> None:
    frames, count, windows, (yaw, mouth) = told(ran)["film"]
    assert (frames, count, windows) == (12, 64, 2)
    assert len(yaw) == len(mouth) == count


@pytest.mark.slow
def test_it_stages_a_detector_for_the_hub_and_sends_nothing(checkout: Path, ran: nbformat.NotebookNode) -> None:
    staged = Path(told(ran)["staged"])
    assert staged == checkout / "build/publish/you--my-large"
    assert {CARD, "LICENSE", "config.json", "metrics.json", "model.onnx"} <= {path.name for path in staged.iterdir()}
    assert "made-portraits" in (staged / CARD).read_text()


@pytest.mark.slow
def test_it_draws_pictures_and_leaves_no_error_behind(ran: nbformat.NotebookNode) -> None:
    outputs = [output for cell in ran.cells for output in cell.get("outputs", ())]
    assert sum("image/png" in output.get("data", ()) for output in outputs) >= 8
    said = "".join(output.text for output in outputs if output.get("name") == "stderr")
    assert [line for line in said.splitlines() if line.strip() and not NATIVE.match(line)] == []


@pytest.mark.slow
def test_a_folder_of_real_and_fake_is_taken_instead_and_faceless_pictures_are_counted(
    checkout: Path, tmp_path: Path
) -> None:
    pictures = {"real": [photo(), photo()[:, ::-1], noise()], "fake": forgeries("image")}
    for label, shown in pictures.items():
        (tmp_path / label).mkdir()
        for place, picture in enumerate(shown):
            PIL.Image.fromarray(picture).save(tmp_path / label / f"{place}.png")
    values = {"DATA": str(tmp_path), "WORK": "runs/other"}
    book = execute(checkout, values, until="data", then="print('TOLD', json.dumps([counts, len(faceless)]))")
    counts, faceless = told(book)
    assert [sum(column) for column in zip(*counts.values(), strict=True)] == [2, len(pictures["fake"])]
    assert faceless == 1
    assert not (checkout / "runs/other/made").exists()


@pytest.mark.slow
def test_of_more_pictures_than_are_wanted_each_split_keeps_as_many_of_both_classes(checkout: Path) -> None:
    """Though the manifest has real and fake ones in turn."""
    values = {"PAIRS": 24, "PICTURES": 24, "WORK": "runs/thinned"}
    book = execute(checkout, values, until="data", then="print('TOLD', json.dumps(counts))")
    assert told(book) == {"train": [6, 6], "val": [3, 3], "test": [3, 3]}


def test_what_is_committed_names_no_place_person_or_machine() -> None:
    text = (ROOT / NAME).read_text(encoding="utf-8")
    assert not re.findall(r"(?:/(?:home|root|tmp|work|Users|opt|usr|mnt|var)/|[A-Z]:\\\\)[\w./-]*", text)
    for name in {socket.gethostname(), getpass.getuser()} - {"root"}:
        assert not re.search(rf"\b{re.escape(name)}\b", text)


def test_what_is_committed_holds_no_errors_timings_or_warnings_and_stays_small() -> None:
    assert (ROOT / NAME).stat().st_size < LARGEST
    for cell in read().cells:
        assert "execution" not in cell.metadata
        for output in cell.get("outputs", ()):
            assert output.output_type != "error"
            assert output.get("name") != "stderr"


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=" ".join)
def test_its_code_is_as_clean_as_the_rest(command: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-m", "ruff", *command, NAME], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_checking_the_repository_checks_the_notebook() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files", "."], capture_output=True, text=True, cwd=ROOT
    )
    assert str(ROOT / NAME) in listed.stdout.splitlines()
