"""Write a plugin package to start from: `facejury detectors new NAME [--to DIR] [--expects clip|audio]`."""

from pathlib import Path
from string import Template

from registry import load_registry
from registry.contract import KEY, MAX_KEY_CHARACTERS, RESERVED

TEMPLATES = Path(__file__).parent / "templates"
FILES = {  # of the new package -> its template, or the one named by what is expected, such as module.clip.py.txt
    "README.md": "README.md.txt",
    "pyproject.toml": "pyproject.toml.txt",
    "{module}.py": "module.py.txt",
    "test_{module}.py": "test.py.txt",
}


class NewPluginError(ValueError):
    """The package cannot be written. The message says why."""


SAMPLES = {  # what it may be tried on, by what it can expect
    "face": "compare photo.jpg",
    "clip": "compare video.mp4",
    "audio": "audio speech.wav",
}


def write_plugin(name: str, to: Path, *, expects: str = "face") -> Path:
    """The folder of the new package, to/facejury-NAME. name: the detector's key. Raises NewPluginError."""
    if expects not in SAMPLES:
        raise NewPluginError(f"a new detector may expect {' or '.join(SAMPLES)}, got {expects!r}")
    if not KEY.fullmatch(name) or not name[0].isalpha() or len(name) > MAX_KEY_CHARACTERS:
        rule = f"begin with a letter and have at most {MAX_KEY_CHARACTERS} characters"
        said = f"a detector's name must be kebab-case (a-z, 0-9 and single hyphens), {rule}, got {name!r}"
        raise NewPluginError(said)
    if name in RESERVED or any(spec.key == name for spec in load_registry(blocked=()) if spec.builtin):
        raise NewPluginError(f"the key {name!r} is taken here; choose another, such as {name}-2")
    folder = to / f"facejury-{name}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise NewPluginError(f"{folder} cannot be made: {error.strerror}") from error
    words = {"name": name, "module": f"facejury_{name.replace('-', '_')}", "title": _say_title(name)}
    words |= {"sample": SAMPLES[expects]}
    for target, template in FILES.items():
        special = TEMPLATES / template.replace(".", f".{expects}.", 1)
        chosen = special if special.is_file() else TEMPLATES / template
        text = Template(chosen.read_text(encoding="utf-8")).substitute(words)
        (folder / target.format(**words)).write_text(text, encoding="utf-8")
    return folder


def _say_title(name: str) -> str:
    words = name.replace("-", " ")
    return words[0].upper() + words[1:]
