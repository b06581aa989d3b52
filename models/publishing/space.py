"""The demo as a Gradio Space: the code that serves, its requirements, its system packages, and the Space's front page.

`facejury models publish-space --repo user/space [--dry-run]`
"""

import re
import shutil
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import jinja2
from huggingface_hub import SpaceCardData

from models.errors import PublishError
from models.publishing.hub import ROOT, STAGING, clear, refuse_traces
from registry import manager
from registry.manager import find_plugins
from registry.pins import Pinned, PinnedFolder, PinnedPackage, PinnedWheel, read_pins

TEMPLATE = Path(__file__).with_name("space.md.j2")
ENTRY = Path(__file__).with_name("space_app.py")
PIN = re.compile(r"^([\w.-]+(?:\[[\w,-]+\])?==[^\\\n]+?) *\\?$", flags=re.MULTILINE)
PARTS = (
    "LICENSE",
    "auth",
    "demo.py",
    "detectors",
    "facejury.py",
    "models/weights/LICENSE",
    "models/weights/differences.json",
    "packages.txt",
    "registry",
    "storage",
    "text",
    "ui",
)
OF_THIS_MACHINE = "plugins.toml pins {name} by a file of this machine, which a Space does not have; remove it first"
LANDMARKS = "models/weights/landmarks"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "*.keras")  # serving never reads model.keras


def stage(*, repo: str) -> Path:
    """Everything that the Space will hold, in build/publish/; its path. Raises PublishError."""
    staged = clear(STAGING / f"space-{repo.replace('/', '--')}")
    for part in (*PARTS, *list_weights()):
        _copy(ROOT / part, staged / part)
    shutil.copyfile(ENTRY, staged / "app.py")
    pins = read_pins(manager.PINS)
    if pins:
        shutil.copyfile(manager.PINS, staged / "plugins.toml")
    (staged / "requirements.txt").write_text(list_requirements(pins), encoding="utf-8")
    (staged / "README.md").write_text(render_readme(repo, pins), encoding="utf-8")
    refuse_traces(staged)
    return staged


def list_weights() -> list[str]:
    """The folders of the built-in detectors' weights and of the landmarks; what else stands there is somebody's own."""
    return [f"models/weights/{plugin.name}" for plugin in find_plugins() if plugin.builtin] + [LANDMARKS]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=LEFT_OUT)
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    else:
        raise PublishError(f"{source.name} is missing from this checkout, and a Space needs it")


def list_requirements(pins: Sequence[Pinned] = ()) -> str:
    """The pins of requirements.lock, one a line, and the packages of plugins.toml. Raises PublishError.

    Without their hashes: a Space installs packages of its own in the same command, which pip refuses beside hashes.
    """
    locked = PIN.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    wheels = [wheel for pin in pins if isinstance(pin, PinnedPackage) for wheel in pin.wheels]
    return "\n".join(dict.fromkeys([*locked, *map(_require, wheels)])) + "\n"


def _require(wheel: PinnedWheel) -> str:
    if wheel.url.startswith("file:"):
        raise PublishError(OF_THIS_MACHINE.format(name=wheel.name))
    return f"{wheel.name} @ {wheel.url}" if wheel.url else f"{wheel.name}=={wheel.version}"


def render_readme(repo: str, pins: Sequence[Pinned] = ()) -> str:
    """The front matter that tells Spaces what to run, and a page for the reader. pins: of plugins.toml."""
    front = SpaceCardData(
        title="Facejury",
        emoji="⚖️",
        colorFrom="blue",
        colorTo="gray",
        sdk="gradio",
        sdk_version=version("gradio"),
        python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
        app_file="app.py",
        license="apache-2.0",
        tags=["deepfake-detection"],
        models=[pin.repo for pin in pins if isinstance(pin, PinnedFolder)] or None,
    )
    text = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), keep_trailing_newline=True).render(
        repo=repo, plugins=[pin.name for pin in pins]
    )
    return f"---\n{front.to_yaml()}\n---\n\n{text}"
