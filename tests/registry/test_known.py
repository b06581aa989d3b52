"""The page of known plugins is the one that its list makes, and its example can be had as it says."""

import tomllib

from registry import known
from registry.contract import KEY
from tests.command import ROOT


def test_the_page_is_the_one_that_the_list_makes() -> None:
    assert known.PAGE.read_text(encoding="utf-8") == known.render(known.read_known(known.LIST.read_text("utf-8")))


def test_every_plugin_is_named_once_in_order_and_says_how_to_get_it() -> None:
    plugins = known.read_known(known.LIST.read_text("utf-8"))
    names = [plugin.name for plugin in plugins]
    assert names == sorted(set(names))
    assert all(bool(plugin.install) != bool(plugin.folder) for plugin in plugins)
    for plugin in (plugin for plugin in plugins if plugin.folder):
        project = tomllib.loads((ROOT / plugin.folder / "pyproject.toml").read_text("utf-8"))["project"]
        assert (project["name"], project["license"]["text"]) == (plugin.name, plugin.license)
        assert all(map(KEY.fullmatch, project["entry-points"]["facejury"]))
