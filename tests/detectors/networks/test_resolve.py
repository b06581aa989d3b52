import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from detectors.__main__ import app
from detectors.conformance import samples
from detectors.jury.about import read_card
from detectors.jury.judge import Jury
from detectors.networks.resolve import ListedPlugin, SourceError, _import_file, add_source
from registry import Registry, Verdict

PLUGIN = """
import pluggy

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="{key}", title="Added", load=lambda: lambda image: 0.25)
"""
NOBODY = Registry(())


def write_model(folder: Path, *, name: str = "model.onnx", outside: bool = False) -> Path:
    """A network that answers 0.125 and a flat heat map, and its config.json."""
    folder.mkdir()
    level = numpy_helper.from_array(np.full((1, 1), 0.125, dtype=np.float32), "level")
    heat = numpy_helper.from_array(np.full((1, 2, 2), 0.5, dtype=np.float32), "heat")
    if outside:
        onnx.external_data_helper.set_external_data(level, location="../../../etc/hostname", length=4)
        level.ClearField("raw_data")
        level.data_location = TensorProto.EXTERNAL
    outputs = [("p_fake", (1, 1)), ("heatmap", (1, 2, 2))]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["level"], ["p_fake"]), helper.make_node("Identity", ["heat"], ["heatmap"])],
        "flat",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, (1, 32, 32, 3))],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape) for output, shape in outputs],
        [level, heat],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    data = model.SerializeToString()
    (folder / name).write_bytes(data)
    files = {name: hashlib.sha256(data).hexdigest()}
    config = {"schema": 1, "key": "flat-network", "title": "Flat network", "pixels": 32, "files": files}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def judge(registry: Registry, key: str) -> Verdict:
    with Jury(registry.choose([key])) as jury:
        return jury.judge(registry[key], samples.flat(0))


def test_a_plugin_file_is_a_detector_and_shown_as_unpackaged(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(PLUGIN.format(key="mine"))
    registry = add_source(NOBODY, str(plugin))
    digest = hashlib.sha256(plugin.read_bytes()).hexdigest()
    assert (registry["mine"].owner, registry["mine"].version) == ("unpackaged", f"sha256 {digest[:12]}")
    assert judge(registry, "mine").p_fake == 0.25


def test_a_plugin_file_may_import_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "weights_of_mine.py").write_text("P_FAKE = 0.25\n")
    (tmp_path / "auth.py").write_text("raise RuntimeError('stands in for ours')\n")
    plugin = tmp_path / "mine.py"
    code = PLUGIN.format(key="beside").replace("0.25", "P_FAKE")
    plugin.write_text(f"from weights_of_mine import P_FAKE\nimport auth.passwords\n{code}")
    assert judge(add_source(NOBODY, str(plugin)), "beside").p_fake == 0.25


def test_a_model_folder_is_a_detector(tmp_path: Path) -> None:
    registry = add_source(NOBODY, str(write_model(tmp_path / "flat")))
    assert registry["flat-network"].owner == "unpackaged"
    assert judge(registry, "flat-network").p_fake == 0.125


def test_an_onnx_file_with_its_config_beside_it_is_a_detector_whatever_its_name(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "flat", name="best-of-all.onnx")
    registry = add_source(NOBODY, str(folder / "best-of-all.onnx"))
    assert judge(registry, "flat-network").p_fake == 0.125


def test_a_network_that_names_other_files_is_refused_before_it_runs(tmp_path: Path) -> None:
    registry = add_source(NOBODY, str(write_model(tmp_path / "flat", outside=True)))
    error = judge(registry, "flat-network").error
    assert error == "ArtifactError: flat: the network keeps weights in other files; save it as one file"


def test_numbers_in_other_files_are_found_inside_subgraphs_too(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "flat")
    model = onnx.load(folder / "model.onnx")
    hidden = onnx.TensorProto(name="hidden", data_type=TensorProto.FLOAT, dims=[1])
    hidden.data_location = TensorProto.EXTERNAL
    inner = helper.make_graph([helper.make_node("Constant", [], ["out"], value=hidden)], "inner", [], [])
    model.graph.node.append(helper.make_node("If", ["image"], ["out"], then_branch=inner, else_branch=inner))
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    config = json.loads((folder / "config.json").read_text())
    config["files"]["model.onnx"] = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    (folder / "config.json").write_text(json.dumps(config))
    assert "other files" in judge(add_source(NOBODY, str(folder)), "flat-network").error


def test_a_file_changed_after_it_was_added_is_not_run(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "flat")
    registry = add_source(NOBODY, str(folder))
    (folder / "model.onnx").write_bytes(b"something else")
    assert "model.onnx has SHA-256" in judge(registry, "flat-network").error


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("hub:somebody", "a detector on the Hub is named hub:user/name or hub:user/name@revision"),
        ("nowhere", "there is no such file or folder"),
        ("notes.txt", "it must be a plugin's .py file, a model folder, an .onnx file with its config.json beside it"),
        ("alone.onnx", "it must be"),
        ("empty.py", "it registers no detector"),
        ("broken.py", "SyntaxError"),
        ("leaves.py", "SystemExit"),
    ],
)
def test_what_cannot_be_added_is_said_in_a_sentence(tmp_path: Path, source: str, reason: str) -> None:
    (tmp_path / "notes.txt").write_text("a detector")
    (tmp_path / "alone.onnx").write_bytes(b"")
    (tmp_path / "empty.py").write_text("import pluggy")
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "leaves.py").write_text("raise SystemExit(0)")
    with pytest.raises(SourceError, match=r".") as caught:
        add_source(NOBODY, source if source.startswith("hub:") else str(tmp_path / source))
    assert reason in str(caught.value)


def test_an_empty_name_adds_no_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_model(tmp_path / "flat"))
    with pytest.raises(SourceError, match=r"^'' cannot be added: it must be a plugin's \.py file, a model folder"):
        add_source(NOBODY, "")


def test_a_taken_key_cannot_be_added(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(PLUGIN.format(key="mine"))
    with pytest.raises(SourceError, match="the detector key 'mine' is taken by 'Added'"):
        add_source(add_source(NOBODY, str(plugin)), str(plugin))


def test_the_command_line_adds_several_and_leaves_with_2_when_one_cannot_be_added(tmp_path: Path) -> None:
    photo, first, second = tmp_path / "face.png", tmp_path / "first.py", tmp_path / "second.py"
    photo.write_bytes(samples.as_png(samples.photo()))
    first.write_text(PLUGIN.format(key="first"))
    second.write_text(PLUGIN.format(key="second"))
    chosen = ["--only", "second", "--only", "first", "--add", str(first), "--add", str(second)]
    result = CliRunner().invoke(app, ["compare", str(photo), *chosen, "--json"])
    (comparison,) = json.loads(result.stdout)
    assert [verdict["detector"] for verdict in comparison["faces"][0]["verdicts"]] == ["first", "second"]
    result = CliRunner().invoke(app, ["compare", str(photo), "--add", str(tmp_path / "missing.py")])
    assert result.exit_code == 2
    assert "missing.py cannot be added" in result.output


def test_a_file_that_python_cannot_import_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text")
    with pytest.raises(SourceError, match=r"notes\.txt is not a Python file"):
        _import_file(tmp_path / "notes.txt")


def test_a_card_beside_the_file_is_named_alone(tmp_path: Path) -> None:
    (tmp_path / "CARD.md").write_text("A rule of thumb.")
    plugin = tmp_path / "mine.py"
    plugin.write_text(PLUGIN.format(key="mine").replace("load=", 'card="CARD.md", load='))
    (spec,) = add_source(NOBODY, str(plugin))
    assert read_card(spec) == "A rule of thumb."


def test_a_card_of_one_line_that_ends_with_the_name_of_a_file_is_read_as_text(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(PLUGIN.format(key="mine").replace("load=", 'card="See docs/EDGES.md", load='))
    (spec,) = add_source(NOBODY, str(plugin))
    assert read_card(spec) == "See docs/EDGES.md"


def test_thresholds_of_numpy_s_numbers_are_taken_from_a_file(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    code = PLUGIN.format(key="mine").replace("load=", "fake_from=numpy.float32(0.75), seconds=numpy.int64(3), load=")
    plugin.write_text(f"import numpy\n{code}")
    (spec,) = add_source(NOBODY, str(plugin))
    assert (spec.fake_from, spec.seconds) == (0.75, 3.0)


def test_a_file_whose_key_changes_before_it_is_asked_is_told_what_it_registers_now(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(PLUGIN.format(key="mine"))
    registry = add_source(NOBODY, str(plugin))
    plugin.write_text(PLUGIN.format(key="other"))
    verdict = judge(registry, "mine")
    assert verdict.error == "UnknownDetectorError: no detector named 'mine' is here; there are other."


def test_a_card_that_lies_elsewhere_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"key": "mine", "title": "Mine", "card": str(tmp_path / "elsewhere" / "card.md")}
    monkeypatch.setattr("detectors.networks.resolve.ask_apart", lambda name: [said])
    taken: list[str] = []
    with pytest.raises(ValueError, match=r"its card must lie beside it, got .*elsewhere"):
        ListedPlugin(str(tmp_path / "mine" / "mine.py")).register_detectors(
            lambda **options: taken.append(options["key"])
        )
    assert taken == []
    ListedPlugin(str(tmp_path / "mine.py")).register_detectors(lambda **options: taken.append(options["key"]))
    assert taken == ["mine"]
