"""The forms for reports: well-formed, and the commands in them are commands."""

import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its types are a package of their own
from typer.main import get_command

from facejury import app

FORMS = sorted((Path(__file__).parents[2] / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_has_what_its_reader_needs(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"] and form["description"] and form["body"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_the_three_forms_are_there_and_name_real_commands() -> None:
    assert [path.stem for path in FORMS] == ["false_alarm", "missed_fake", "new_detector"]
    text = "".join(path.read_text(encoding="utf-8") for path in FORMS)
    known = get_command(app).commands  # type: ignore[attr-defined]  # it is a group
    assert set(re.findall(r"`facejury ([a-z]+)", text)) <= set(known)
