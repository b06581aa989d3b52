"""Write a plugin package to start from: `facejury detectors new NAME [--to DIR]`."""

from pathlib import Path
from string import Template

from registry.contract import KEY

TEMPLATES = Path(__file__).parent / "templates"
FILES = {  # of the new package -> its template
    "README.md": "README.md.txt",
    "pyproject.toml": "pyproject.toml.txt",
    "{module}.py": "module.py.txt",
    "test_{module}.py": "test.py.txt",
}


class NewPluginError(ValueError):
    """The package cannot be written. The message says why."""


def write_plugin(name: str, to: Path) -> Path:
    """The folder of the new package, to/facejury-NAME. name: the detector's key. Raises NewPluginError."""
    if not KEY.fullmatch(name) or not name[0].isalpha():
        rule = "kebab-case (a-z, 0-9 and single hyphens) and begin with a letter"
        raise NewPluginError(f"a detector's name must be {rule}, got {name!r}")
    folder = to / f"facejury-{name}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise NewPluginError(f"{folder} cannot be made: {error.strerror}") from error
    words = {"name": name, "module": f"facejury_{name.replace('-', '_')}", "title": _say_title(name)}
    for target, template in FILES.items():
        text = Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)
        (folder / target.format(**words)).write_text(text, encoding="utf-8")
    return folder


def _say_title(name: str) -> str:
    words = name.replace("-", " ")
    return words[0].upper() + words[1:]
