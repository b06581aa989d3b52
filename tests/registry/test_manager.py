"""Detectors are chosen by their key, and who is not here is told why; plugins as values, none is installed."""

from pathlib import Path

import pytest

from registry import DetectorSpec, Plugin, Problem, Registry, UnknownDetectorError, hookimpl
from registry.hookspecs import Register


def spec(key: str) -> DetectorSpec:
    return DetectorSpec(key=key, title=key.title(), load=lambda: print)


def test_detectors_are_chosen_by_key_in_the_registrys_order() -> None:
    registry = Registry(tuple(map(spec, ("first", "second", "third"))))
    assert [one.key for one in registry] == ["first", "second", "third"]
    assert [one.key for one in registry.choose(["third", "first", "third"])] == ["first", "third"]
    assert registry.choose() == registry.choose([]) == registry.detectors


def test_who_is_not_here_is_told_who_is_and_who_was_meant() -> None:
    registry = Registry((spec("efficientnet"), spec("efficient-cnn")))
    with pytest.raises(UnknownDetectorError) as caught:
        registry.choose(["efficientnet", "eficientnet"])
    assert str(caught.value) == (
        "no detector named 'eficientnet' is here; there are efficientnet, efficient-cnn. Did you mean 'efficientnet'?"
    )
    with pytest.raises(UnknownDetectorError, match=r"^no detector named 'x' is here; there are none\.$"):
        Registry(())["x"]


def test_who_asks_for_a_plugin_that_was_left_out_is_told_why_by_its_name_or_its_key() -> None:
    kept_out = Problem("hub:a/b@0123456789", "it is broken", key="hub:a/b@01234567"), Problem("edges_two", "so is it")
    registry = Registry((spec("efficientnet"),), kept_out)
    for asked, reason in (("hub:a/b@01234567", "it is broken"), ("edges-two", "so is it")):
        with pytest.raises(UnknownDetectorError) as caught:
            registry.choose([asked])
        assert str(caught.value).endswith(f"there are efficientnet. The plugin of that name cannot be used: {reason}")
    with pytest.raises(UnknownDetectorError, match=r"`facejury detectors list` says what kept others out\.$"):
        registry.choose(["edges"])


def test_one_plugin_more_brings_its_detectors_or_its_fault(tmp_path: Path) -> None:
    class Offers:
        @staticmethod
        @hookimpl
        def register_detectors(register: Register) -> None:
            register(key="own", title="Own", load=print)

    registry = Registry((spec("first"),)).with_plugin(Plugin("added", "me", "1", Offers))
    assert registry.keys() == ("first", "own")
    assert (registry["own"].plugin, registry["own"].owner, registry["own"].version) == ("added", "me", "1")
    named = Registry(()).with_plugin(Plugin("added", "me", "1", Offers, key="called-so-here"))
    assert (named.keys(), named["called-so-here"].title) == (("called-so-here",), "Own")
    with pytest.raises(ValueError, match="the detector key 'own' is taken by 'Own'"):
        registry.with_plugin(Plugin("again", "me", "1", Offers))


def test_a_detector_more_must_have_a_key_of_its_own() -> None:
    spec = DetectorSpec(key="mine", title="Mine", load=lambda: print)
    registry = Registry(()).with_detector(spec)
    assert registry.keys() == ("mine",)
    with pytest.raises(ValueError, match="the detector key 'mine' is taken by 'Mine'"):
        registry.with_detector(spec)
