"""Publish a detector to the Hugging Face Hub: a staged folder, compared with what is there, uploaded in one commit.

`facejury models publish KEY --repo user/name [--private] [--dry-run] [--replace]`
"""

import hashlib
import re
import shutil
import zipfile
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError
from huggingface_hub.utils._validators import validate_repo_id

from detectors.jury.about import find_model_folder
from detectors.networks.folder import CARD, CONFIG, METRICS, MODEL, WEIGHTS, Config, read_config
from detectors.networks.hub import talking_about
from models.errors import PublishError, RepoNameError
from models.evaluation.plots import RELIABILITY, ROBUSTNESS, ROC
from models.metrics_file import read_metrics
from models.publishing.card import KERAS_MODEL, LICENSE, ORIGINS, is_covered, write_card
from registry import load_registry

REPO = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
STAGING = Path("build") / "publish"
ROOT = Path(__file__).parent.parent.parent
ENDPOINT = Path(__file__).with_name("handler.py")  # how Inference Endpoints run a network
REQUIREMENTS = "requirements.txt"
ENDPOINT_NEEDS = "numpy\nonnxruntime\nopencv-python-headless\npillow\n"
NO_FOLDER = (
    "{key} has no model folder (config.json, model.onnx), and nothing else is published: name one with --from, or make "
    "one of a network with `facejury models import-onnx`"
)
NO_LICENSE = "not published: it was trained on {unknown}; say in {place} what others may do with it"
OWN = frozenset(
    (CARD, CONFIG, METRICS, MODEL, KERAS_MODEL, LICENSE, ENDPOINT.name, REQUIREMENTS, ROC, RELIABILITY, ROBUSTNESS)
)
SHORTEST_TRACE = 5  # characters; a home of "/" would be found everywhere
Kind = Literal["model", "space"]


@dataclass(frozen=True)
class Published:
    """What the Hub holds now. commit: 40 hexadecimal digits; fresh: whether this upload made it; deleted: files."""

    commit: str
    url: str
    fresh: bool
    deleted: tuple[str, ...]


@dataclass(frozen=True)
class Head:
    """What the Hub holds before. commit: "" where there is no repository yet; differing: files unlike the staged ones;
    stale: files of ours that are staged no more.
    """

    commit: str = ""
    differing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


def stage(folder: Path, *, repo: str) -> Path:
    """Everything that will be published of a model folder, in build/publish/; its path. Raises PublishError."""
    config = _check(folder)
    staged = clear(STAGING / repo.replace("/", "--"))
    for name in (CONFIG, METRICS, *_name_networks(config)):
        shutil.copyfile(folder / name, staged / name)
    shutil.copyfile(_find_license(folder, config), staged / LICENSE)
    shutil.copyfile(ENDPOINT, staged / ENDPOINT.name)
    (staged / REQUIREMENTS).write_text(ENDPOINT_NEEDS, encoding="utf-8")
    write_card(staged, repo=repo)
    refuse_traces(staged)
    return staged


def clear(folder: Path) -> Path:
    """An empty folder of that name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def check_repo(repo: str) -> None:
    """Raises RepoNameError unless it is written user/name, as the Hub allows it."""
    if not REPO.fullmatch(repo):
        raise RepoNameError(f"{repo!r} is no repository; it is written user/name")
    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise RepoNameError(f"the Hub does not allow the name {repo!r}: {error}") from error


def find_folder(key: str, folder: Path | None) -> Path:
    """The model folder of a detector that is here, or the one that was named, if it holds this detector.

    Raises PublishError, UnknownDetectorError.
    """
    if folder is None:
        [spec] = load_registry().choose([key])
        if (found := find_model_folder(spec)) is None:
            raise PublishError(NO_FOLDER.format(key=key))
        expected = {spec.expects, read_config(found).expects}
    else:
        found, config = folder, read_config(folder)
        if config.key != key:
            raise PublishError(f"{folder.name} holds the detector {config.key}, not {key}")
        expected = {config.expects}
    if expected - {"face", "image"}:
        raise PublishError(f"{key} is not a network alone that judges pictures, so it has no such card on the Hub")
    return found


def _name_networks(config: Config) -> tuple[str, ...]:
    """The networks of a model folder; one that was not trained here need not have a Keras model."""
    return (MODEL, KERAS_MODEL) if KERAS_MODEL in config.files else (MODEL,)


def _check(folder: Path) -> Config:
    config = read_config(folder)
    for name in _name_networks(config):
        if not (folder / name).is_file():
            raise PublishError(f"{folder.name} has no {name}; export it first: facejury models export {config.key}")
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != config.files.get(name):
            raise PublishError(f"{folder.name}: {name} is not the file that {CONFIG} names; export it again")
    read_metrics(folder)
    return config


def _find_license(folder: Path, config: Config) -> Path:
    """The model folder's own LICENSE, or that of our weights where it covers everything that was trained on."""
    if (folder / LICENSE).is_file():
        return folder / LICENSE
    if is_covered(config):
        return WEIGHTS / LICENSE
    unknown = ", ".join(sorted(set(config.trained_on) - ORIGINS.keys())) or "data that its config.json does not name"
    raise PublishError(NO_LICENSE.format(unknown=unknown, place=folder / LICENSE))


def refuse_traces(staged: Path) -> None:
    """Raises PublishError when a staged file names a path of this machine, the user's home or name with it."""
    places = {str(place.resolve()) for place in (Path.home(), ROOT, Path.cwd())}
    traces = [place.encode() for place in places if len(place) >= SHORTEST_TRACE]
    for name, data in _contents(staged):
        if any(trace in data for trace in traces):
            raise PublishError(f"{name} names a path of this machine and would publish it; nothing was sent")


def _contents(staged: Path) -> Iterator[tuple[str, bytes]]:
    """Every staged file, and what is packed inside those that are zip files."""
    for path in list_files(staged):
        yield path.name, path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                yield from ((path.name, packed.read(name)) for name in packed.namelist())


def list_files(folder: Path) -> list[Path]:
    """Every file in it, at any depth, in a fixed order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


class Remote:
    """One repository on the Hub, as the owner of the stored token sees it. Raises HubError, PublishError."""

    def __init__(self, repo: str, *, kind: Kind = "model") -> None:
        self.repo, self.kind, self._api = repo, kind, HfApi()

    def check_owner(self) -> None:
        """Whether this token may write under that name, as far as the Hub tells beforehand."""
        with talking_about(self.repo):
            who: dict[str, Any] = self._api.whoami()
        owner, names = self.repo.partition("/")[0], [who["name"], *(one["name"] for one in who.get("orgs", ()))]
        if owner not in names:
            raise PublishError(f"the token belongs to {who['name']}, who cannot publish under the name {owner}")
        if who.get("auth", {}).get("accessToken", {}).get("role") == "read":
            raise PublishError("the token may only read; make one that may write at huggingface.co/settings/tokens")

    def look(self, staged: Path, *, own: Set[str]) -> Head:
        """What it holds. own: see publish."""
        with talking_about(self.repo):
            try:
                look_up = self._api.space_info if self.kind == "space" else self._api.model_info
                info = look_up(self.repo, files_metadata=True)
            except RepositoryNotFoundError:
                return Head()
        there = {file.rfilename: file.lfs.sha256 if file.lfs else file.blob_id for file in info.siblings or ()}
        names = {path.relative_to(staged).as_posix(): path for path in list_files(staged)}
        differing = (name for name in names if name in there and there[name] not in _hashes(names[name]))
        stale = (name for name in sorted(there) if name not in names and name.partition("/")[0] in own)
        return Head(info.sha or "", tuple(differing), tuple(stale))

    def upload(self, staged: Path, *, on: Head, private: bool, message: str) -> Published:
        """Create the repository if need be; add every staged file, and delete the stale ones, in one commit on top."""
        added = [CommitOperationAdd(path.relative_to(staged).as_posix(), path) for path in list_files(staged)]
        deleted = [CommitOperationDelete(name, is_folder=False) for name in on.stale]
        kind: dict[str, Any] = {"repo_type": self.kind}
        sdk = "gradio" if self.kind == "space" else None
        with talking_about(self.repo):
            self._api.create_repo(self.repo, private=private or None, exist_ok=True, space_sdk=sdk, **kind)
            # Not upload_folder: it may split a folder into several commits.
            done = self._api.create_commit(
                self.repo, [*added, *deleted], commit_message=message, parent_commit=on.commit or None, **kind
            )
        return Published(done.oid, str(done.commit_url), done.oid != on.commit, on.stale)


def _hashes(path: Path) -> tuple[str, str]:
    """How the Hub names a file's content: by SHA-256 in its large storage, by git's SHA-1 otherwise."""
    data = path.read_bytes()
    git = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False)
    return hashlib.sha256(data).hexdigest(), git.hexdigest()


def publish(staged: Path, remote: Remote, *, own: Set[str], private: bool, replace: bool, message: str) -> Published:
    """Upload a staged folder, and delete what an earlier one left there.

    own: names of files, and of folders with all that is in them, that are there for this alone; the others are the
    owner's, or the Hub's. Raises HubError, and PublishError when a file there differs or is to go without `replace`.
    """
    remote.check_owner()
    head = remote.look(staged, own=own)
    if head.differing and not replace:
        others = ", ".join(head.differing)
        raise PublishError(f"{remote.repo} holds other versions of {others}; --replace overwrites them")
    if head.stale and not replace:
        raise PublishError(f"{remote.repo} holds {', '.join(head.stale)} of an earlier upload; --replace deletes them")
    return remote.upload(staged, on=head, private=private, message=message)
