"""What plugins of others may do wrong, each installed as its own distribution on the path."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from registry import UnknownDetectorError, load_registry, reopen
from registry.contract import MAX_SECONDS
from tests.command import call

GOOD = """
import pluggy
hookimpl = pluggy.HookimplMarker("facejury")

@hookimpl
def register_detectors(register):
    register(key="{key}", title="A {key}", load=lambda: lambda image: 0.5{more})
"""
numbers = itertools.count()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Install a plugin of one module, as pip would leave it."""

    def install_plugin(
        name: str, code: str, *, version: str = "1.0", module: str | None = None, entries: str = ""
    ) -> None:
        site = tmp_path / f"site-{next(numbers)}"
        info = site / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        module = module or f"plugin_{next(numbers)}"
        (site / f"{module}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-dist\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(entries or f"[facejury]\n{name} = {module}\n", encoding="latin-1")
        monkeypatch.syspath_prepend(site)

    return install_plugin


def good(key: str, more: str = "") -> str:
    return GOOD.format(key=key, more=more)


def problems(plugin: str) -> list[str]:
    return [problem.reason for problem in load_registry().problems if problem.plugin == plugin]


def test_an_installed_plugin_is_in_the_jury_after_the_built_ins_under_its_owner(install: Callable[..., object]) -> None:
    install("spectral", good("spectral"), version="2.1")
    registry = load_registry()
    spec = registry["spectral"]
    assert (spec.owner, spec.version, spec.plugin, spec.builtin) == ("spectral-dist", "2.1", "spectral", False)
    assert registry.keys()[-1] == "spectral"
    assert problems("spectral") == []


def test_of_two_copies_on_the_path_the_one_that_is_imported_is_named(install: Callable[..., object]) -> None:
    install("copied", good("older"), version="1.0", module="copied_plugin")
    install("copied", good("newer"), version="2.0", module="copied_plugin")  # before the other on the path
    registry = load_registry()
    assert [(spec.key, spec.version) for spec in registry if spec.plugin == "copied"] == [("newer", "2.0")]


def test_a_plugin_that_offers_several_keeps_their_order(install: Callable[..., object]) -> None:
    install("pair", good("second") + '    register(key="first", title="First", load=lambda: print)')
    assert load_registry().keys()[-2:] == ("second", "first")


BROKEN = {
    "broken import": ("import no_such_module_anywhere", "ModuleNotFoundError: No module named"),
    "syntax": ("def (", "SyntaxError"),
    "exit": ("import sys; sys.exit(1)", "SystemExit: 1"),
    "wrong signature": (
        good("x").replace("(register):", "(register, jury):"),
        "PluginValidationError: Plugin 'wrong' for",
    ),
    "misspelt hook": (good("x").replace("register_detectors", "register_detector"), "PluginValidationError"),
    "no detector": (good("x").replace("register(key", "dict(key"), "ValueError: it registers no detector"),
    "no marker": (
        good("x").replace("@hookimpl", ""),
        "it registers no detector; its register_detectors lacks @pluggy.HookimplMarker('facejury')",
    ),
    "load is examine": (
        good("x").replace("lambda: lambda image: 0.5", "lambda image: 0.5"),
        "load must take nothing and return the detector, got <function",
    ),
    "no hook": ("import pluggy", "ValueError: it registers no detector"),
    "the jury's key": (good("jury"), "the key 'jury' is the jury's own; choose another"),
    "long key": (good("x" * 129), "key must have at most 128 characters, got 129"),
    "bad key": (good("Not_Kebab"), "key must be kebab-case (a-z, 0-9 and single hyphens), got 'Not_Kebab'"),
    "no title": (good("x").replace('title="A x"', 'title=" "'), "title must be a non-empty text, got ' '"),
    "no load": (good("x").replace("lambda: lambda image: 0.5", "0.5"), "load must be callable, got 0.5"),
    "missing argument": (good("x").replace('title="A x", ', ""), "TypeError"),
    "unknown argument": (
        good("x", ", colour=1"),
        "TypeError: register takes key, title, load, card, expects, fake_from, looks_for, real_until, seconds, source; "
        "got colour",
    ),
    "somebody else's name": (good("x", ', owner="facejury", builtin=True'), "got builtin, owner"),
    "expects": (good("x", ', expects="video"'), 'expects must be "face", "image", "clip" or "audio", got \'video\''),
    "thresholds": (good("x", ", fake_from=0.2, real_until=0.4"), "0 <= real_until <= fake_from <= 1 must hold"),
    "threshold above 1": (good("x", ", fake_from=70"), "0 <= real_until <= fake_from <= 1 must hold"),
    "NaN threshold": (good("x", ', fake_from=float("nan")'), "0 <= real_until <= fake_from <= 1 must hold"),
    "no time": (good("x", ", seconds=0"), "seconds must be above 0 and at most 600, got 0"),
    "all the time": (good("x", f", seconds={MAX_SECONDS + 1}"), "seconds must be above 0 and at most 600"),
    "source": (good("x", ", source=None"), "source must be text, got None"),
    "card": (good("x", ", card=None"), "card must be text, got None"),
    "text for a number": (good("x", ', fake_from="0.5"'), "ValueError: fake_from must be a number, got '0.5'"),
    "no number": (good("x", ", seconds=None"), "ValueError: seconds must be a number, got None"),
    "raises": (good("x") + "    raise RuntimeError('half way')", "RuntimeError: half way"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_plugin_that_does_it_wrong_is_named_with_the_reason_and_stops_nobody(
    install: Callable[..., object], fault: str
) -> None:
    code, reason = BROKEN[fault]
    install("wrong", code)
    install("right", good("right"))
    (said,) = problems("wrong")
    assert reason in said
    assert load_registry().keys()[-1] == "right"


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        (
            "entry_named:register_detectors",
            "must name the module alone, got the function 'entry_named:register_detectors'",
        ),
        ('"entry_named"', "must name a module, got '\"entry_named\"'"),
        ("entry named", "must name a module, got 'entry named'"),
        (".entry_named", "must name a module, got '.entry_named'"),
        ("", "must name a module, got ''"),
    ],
)
def test_an_entry_point_that_names_no_module_says_so_also_to_who_asks_for_its_detector(
    install: Callable[..., object], named: str, reason: str
) -> None:
    install("my_edges", good("my-edges"), module="entry_named", entries=f"[facejury]\nmy_edges = {named}\n")
    assert problems("my_edges") == [f"ValueError: its entry point {reason}"]
    for asked in ("my_edges", "my-edges"):
        done = call("detectors", "check", asked)
        assert done.exit_code == 2
        assert done.stderr.endswith(f"The plugin of that name cannot be used: ValueError: its entry point {reason}\n")


@pytest.mark.parametrize("entries", ["[facejury]\nodd\n", "[console_scripts]\nodd\n", "[facejury]\n\xfc = odd\n"])
def test_a_package_whose_entry_points_cannot_be_read_is_named_and_stops_nobody(
    install: Callable[..., object], entries: str
) -> None:
    install("odd", good("odd"), entries=entries)
    install("right", good("right"))
    done = call("detectors", "list")
    assert done.exit_code == 0
    assert "problem: odd-dist: ValueError: its entry_points.txt cannot be read: it must be UTF-8 text" in done.stdout
    assert load_registry().keys()[-1] == "right"


def test_a_package_without_a_name_is_called_unknown(install: Callable[..., object], tmp_path: Path) -> None:
    install("left", good("left"))
    (metadata,) = tmp_path.glob("*/left-1.0.dist-info/METADATA")
    metadata.unlink()  # as pip leaves it when it is ended
    assert (load_registry()["left"].owner, load_registry()["left"].version) == ("unknown", "")


def test_thresholds_of_numpy_s_numbers_are_listed_as_json(install: Callable[..., object]) -> None:
    install("mine", f"import numpy\n{good('mine', ', fake_from=numpy.float32(0.75), seconds=numpy.int64(3)')}")
    (listed,) = [
        one for one in json.loads(call("detectors", "list", "--json").stdout)["detectors"] if one["key"] == "mine"
    ]
    assert (listed["fake_from"], listed["seconds"]) == (0.75, 3.0)


def test_a_taken_key_keeps_its_first_owner(install: Callable[..., object]) -> None:
    install("zebra", good("shared") + '    register(key="own", title="Own", load=lambda: print)')
    install("aardvark", good("shared"))
    registry = load_registry()
    assert registry["shared"].plugin == "aardvark"  # by name: not by how the file system happens to list them
    assert registry["own"].plugin == "zebra"
    assert problems("zebra") == ["the key 'shared' is taken by 'A shared' of aardvark-dist"]


def test_a_key_offered_twice_by_one_plugin_is_a_problem(install: Callable[..., object]) -> None:
    install("twice", good("same") + '    register(key="same", title="Other", load=lambda: print)')
    assert load_registry()["same"].title == "A same"
    assert problems("twice") == ["the key 'same' is taken by 'A same' of twice-dist"]


def test_blocked_plugins_are_not_even_imported(install: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    install("noisy", "raise RuntimeError('imported')")
    install("right", good("right"))
    monkeypatch.setenv("FACEJURY_BLOCK", " noisy, custom-cnn ,")
    keys = load_registry().keys()
    assert problems("noisy") == []
    assert "custom-cnn" not in keys
    assert "right" in keys


def test_blocking_who_is_not_there_is_a_problem_that_names_who_is(
    install: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    install("right", good("right"))
    monkeypatch.setenv("FACEJURY_BLOCK", "wrong")
    (reason,) = problems("wrong")
    assert reason.startswith("blocked, but no plugin has that name; there are custom-cnn, efficientnet")
    assert reason.endswith("right")


def test_the_built_ins_come_first_named_by_their_modules_and_owned_by_the_house() -> None:
    first = load_registry(blocked=()).detectors[:2]
    told = [(one.key, one.plugin, one.owner, one.version, one.builtin) for one in first]
    assert told == [(key, key, "facejury", "built in", True) for key in ("custom-cnn", "efficientnet")]


def test_who_is_blocked_is_said_by_the_caller_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_BLOCK", "efficientnet")
    assert load_registry(blocked=["custom-cnn"]).keys()[0] == "efficientnet"
    assert load_registry().keys()[0] == "custom-cnn"
    monkeypatch.delenv("FACEJURY_BLOCK")
    assert load_registry().problems == ()


def test_another_process_finds_the_same_detector_by_its_plugin_alone(install: Callable[..., object]) -> None:
    install("right", good("right", ", seconds=3"))
    install("wrong", "raise RuntimeError")
    assert reopen("right", "right") == load_registry()["right"]
    with pytest.raises(UnknownDetectorError, match="no detector named 'left' is here; there are right"):
        reopen("right", "left")
    with pytest.raises(UnknownDetectorError):
        reopen("gone", "right")


@pytest.mark.parametrize("broken", ["a_first", "z_last"])
def test_a_broken_package_does_not_keep_another_of_its_name_from_its_worker(
    install: Callable[..., object], broken: str
) -> None:
    install("shared", good("right"), module="plugin_middle")
    install("shared", "raise RuntimeError('broken')", module=broken)
    assert reopen("shared", "right") == load_registry()["right"]
    with pytest.raises(RuntimeError, match="broken"):
        reopen("shared", "left")
