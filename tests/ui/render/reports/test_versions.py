"""Which versions judged, and which of them are here still."""

from registry import load_registry
from tests.ui.jurors import say_real, spec
from ui.render.reports.versions import FACEJURY, JURY, UNKNOWN, group_limits, list_judges, list_versions


def test_the_jury_is_listed_where_all_its_members_judged_and_it_is_the_same_jury() -> None:
    specs = [one for one in load_registry().choose(None) if one.builtin]
    titles, versions = {one.key: one.title for one in specs}, list_versions(specs)
    assert versions[FACEJURY][0].isdigit() and all(versions[one.key].startswith("sha256 ") for one in specs)
    judges = list_judges(titles, specs, versions)
    assert judges[-1].title == JURY and judges[-1].about is not None and all(one.network for one in judges[:-1])
    assert JURY not in [one.title for one in list_judges(titles, specs, versions | {JURY: "another"})]
    changed = list_judges(titles, specs, versions | {"blend": "sha256 another"})
    assert [one.key for one in changed if one.about is None] == ["blend"] and JURY not in [one.title for one in changed]
    lines = group_limits(judges)
    assert sum(map(len, lines.values())) >= len(judges) - 1 and len(lines) < len(judges), "each limit is told once"


def test_a_detector_without_a_version_says_so() -> None:
    assert list_versions([spec("guest", say_real)])["guest"] == UNKNOWN
