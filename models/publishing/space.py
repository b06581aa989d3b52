"""The demo as a Gradio Space: the code that serves, its requirements, its system packages, and the Space's front page.

`facejury models publish-space --repo user/space [--dry-run]`
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import jinja2
from huggingface_hub import SpaceCardData

from models.errors import PublishError
from models.publishing.hub import ROOT, STAGING, clear, list_files, refuse_traces
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
MISSING = "{} is missing from this checkout, and a Space needs it"
LANDMARKS = "models/weights/landmarks"
WRITTEN = ("README.md", "app.py", "plugins.toml", "requirements.txt")
OWN = frozenset((*WRITTEN, *(part.partition("/")[0] for part in PARTS)))
UNSERVED = ".keras"  # which serving never reads
# What a copy without git is published with: nobody's database, recording or notes are of these kinds.
ENDINGS = frozenset((*(".css", ".html", ".j2", ".js", ".json", ".md"), *(".onnx", ".png", ".py", ".toml", ".txt")))


def stage(*, repo: str) -> Path:
    """Everything that the Space will hold, in build/publish/; its path. Raises PublishError."""
    staged = clear(STAGING / f"space-{repo.replace('/', '--')}")
    for part in (*PARTS, *list_weights()):
        for name in list_own(part):
            _copy(ROOT / name, staged / name)
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


def list_own(part: str) -> list[str]:
    """The files of a part that are the application's: those that git tracks, in a copy without git those of its kinds.

    What else lies there, such as a database, is the user's. Raises PublishError where there are none.
    """
    if (ROOT / ".git").exists():
        names = _ask_git("ls-files", "-z", "--", part).split("\0")[:-1]
    elif (ROOT / part).is_dir():
        files = (path.relative_to(ROOT) for path in list_files(ROOT / part) if path.suffix in ENDINGS)
        names = [path.as_posix() for path in files if not any(one.startswith(".") for one in path.parts)]
    else:
        names = [part]
    if not names:
        raise PublishError(MISSING.format(part))
    return [name for name in names if not name.endswith(UNSERVED)]


def _ask_git(*arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # with arguments of ours
            ["git", "-C", str(ROOT), *arguments],  # noqa: S607  # whichever the user has
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise PublishError("git cannot tell which files here are the application's; nothing was sent") from error
    return done.stdout


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise PublishError(MISSING.format(source.name))
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


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
