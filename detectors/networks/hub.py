"""A detector from the Hugging Face Hub: `hub:user/name[@revision]`, fetched once into the user's data folder.

Only config.json, model.onnx, metrics.json and README.md are fetched, never code and never a pickle. Sizes are looked at
before anything is fetched, hashes before anything is kept, and what is kept is named by its commit.
"""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from detectors.networks.folder import CARD, CONFIG, METRICS, MODEL, ArtifactError, read_network
from detectors.sandbox.isolated_detector import fetched_folder

PREFIX = "hub:"
REFERENCE = re.compile(r"hub:(?P<repo>\w[\w.-]*/\w[\w.-]*)(?:@(?P<revision>\w[\w./-]*))?", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
SHORT = re.compile(r"[0-9a-f]{8,40}")
LIMITS = {CONFIG: 100_000, MODEL: 200_000_000, METRICS: 5_000_000, CARD: 1_000_000}  # bytes
LOOKUP_SECONDS = 20


class HubError(ValueError):
    """The Hub gave no usable detector. The message is one sentence for whoever named it."""


class HubNameError(HubError):
    """What was named can be no detector on the Hub."""


@dataclass(frozen=True)
class Fetched:
    """A model folder of the Hub that stands on this machine, whole and checked. commit: 40 hexadecimal digits."""

    repo: str
    commit: str
    folder: Path

    @property
    def key(self) -> str:
        """What it is called in the jury, e.g. hub:user/name@abcdef12."""
        return f"{PREFIX}{self.repo}@{self.commit[:8]}"

    @property
    def reference(self) -> str:
        """What fetches exactly this again."""
        return f"{PREFIX}{self.repo}@{self.commit}"


def fetch(reference: str, *, announce: Callable[[str], object] = bool) -> Fetched:
    """The detector of `hub:user/name[@revision]`; no network is used for a commit that was fetched before.

    announce: is told the commit and the size before they are fetched. Raises HubError.
    """
    parts = REFERENCE.fullmatch(reference)
    if parts is None:
        raise HubNameError(f"{reference}: a detector on the Hub is named hub:user/name or hub:user/name@revision")
    repo, revision = parts["repo"], parts["revision"]
    kept = _find_kept(repo, revision or "")
    if kept is None:
        try:
            kept = _fetch(repo, revision, announce)
        except ArtifactError as error:
            raise HubError(f"{reference} was not kept: {error}") from error
        except OSError as error:
            raise HubError(f"{reference} cannot be kept on this disk: {error.strerror or error}") from error
    announce(f"{kept.key} is commit {kept.commit}")
    return kept


def find_kept(reference: str) -> Fetched | None:
    """What was fetched before of `hub:user/name@commit`; the network is not used."""
    parts = REFERENCE.fullmatch(reference)
    return _find_kept(parts["repo"], parts["revision"] or "") if parts else None


def forget(repo: str, commit: str) -> None:
    """Delete what was fetched of this commit. Raises HubError."""
    place = _place(repo, commit)
    leaving = place.with_name(f"removing-{commit}")  # half a folder is no detector
    try:
        if leaving.exists():  # of a removal that was killed
            shutil.rmtree(leaving)
        if place.is_dir():
            shutil.rmtree(place.rename(leaving))
    except OSError as error:
        raise HubError(f"hub:{repo} cannot be deleted: {error.strerror or error}") from error


def store() -> Path:
    """Where fetched detectors are kept: hub/ in the user's data folder."""
    return fetched_folder()


def _place(repo: str, commit: str) -> Path:
    return store() / repo.replace("/", "--") / commit


def _find_kept(repo: str, revision: str) -> Fetched | None:
    """What was fetched before under this commit, or under the first eight or more digits of it."""
    if not SHORT.fullmatch(revision):
        return None
    for folder in _place(repo, revision).parent.glob(f"{revision}*"):
        if COMMIT.fullmatch(folder.name):
            return Fetched(repo, folder.name, folder)
    return None


def _fetch(repo: str, revision: str | None, announce: Callable[[str], object]) -> Fetched:
    commit, sizes = _look_up(repo, revision)
    if kept := _find_kept(repo, commit):
        return kept
    announce(f"fetching {repo} at commit {commit}, {sum(sizes.values()) / 1e6:.1f} MB")
    fetched = Fetched(repo, commit, _place(repo, commit))
    fetched.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=fetched.folder.parent, prefix="fetching-") as scratch:
        whole = Path(scratch) / repo.rpartition("/")[2]
        whole.mkdir()
        _download(fetched, sizes, Path(scratch), whole)
        read_network(whole)
        _keep(whole, fetched.folder)
    return fetched


def _look_up(repo: str, revision: str | None) -> tuple[str, dict[str, int]]:
    """The commit, and the sizes in bytes of the files that are wanted of it. Raises HubError."""
    from huggingface_hub import HfApi

    with talking_about(repo):
        info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=LOOKUP_SECONDS)
    if not COMMIT.fullmatch(info.sha or ""):
        raise HubError(f"{repo}: the Hub named no commit")
    announced = {file.rfilename: file.size for file in info.siblings or ()}
    return str(info.sha), _refuse_sizes(repo, {name: announced[name] for name in LIMITS if name in announced})


def _refuse_sizes(repo: str, announced: Mapping[str, int | None]) -> dict[str, int]:
    for name in (CONFIG, MODEL):
        if name not in announced:
            raise HubError(f"{repo} is not a Facejury detector: it has no {name}")
    sizes = {}
    for name, size in announced.items():
        if size is None or size > LIMITS[name]:
            said = "of unknown size" if size is None else f"{size / 1e6:,.1f} MB large"
            raise HubError(f"{repo}: {name} is {said}, allowed are {LIMITS[name] / 1e6:,.1f} MB; nothing was fetched")
        sizes[name] = size
    return sizes


def _download(fetched: Fetched, sizes: Mapping[str, int], scratch: Path, whole: Path) -> None:
    """Bring the files into `whole`; what the client leaves beside them stays in `scratch`. Raises HubError."""
    from huggingface_hub import hf_hub_download

    for name, size in sizes.items():
        with talking_about(fetched.repo):
            path = Path(hf_hub_download(fetched.repo, name, revision=fetched.commit, local_dir=scratch / "client"))
        if path.stat().st_size != size:
            raise HubError(f"{fetched.repo}: {name} is not as large as the Hub had said; nothing was kept")
        path.replace(whole / name)


def _keep(whole: Path, place: Path) -> None:
    try:
        whole.rename(place)
    except OSError:
        if not place.is_dir():  # somebody else fetched the same commit meanwhile, which is as good
            raise


@contextmanager
def talking_about(repo: str) -> Iterator[None]:
    """Calls of the Hub's client; whatever goes wrong in them is a HubError of one sentence."""
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # of the HTTP library it is built on

    try:
        yield
    except (HTTPError, OSError, RuntimeError, ValueError, LookupError) as error:  # what the client is known to raise
        raise HubError(f"{repo}: {_say(list(_causes(error)))}") from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _say(causes: Sequence[BaseException]) -> str:
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        HfHubHTTPError,
        HTTPError,
        LocalTokenNotFoundError,
    )

    for cause in causes:
        if isinstance(cause, LocalTokenNotFoundError):
            return "there is no Hugging Face token; run `hf auth login`, or set HF_TOKEN"
        if isinstance(cause, HfHubHTTPError):
            return _say_status(cause.response.status_code, cause.response.headers)
    if any(isinstance(cause, HTTPError | ConnectionError | TimeoutError) for cause in causes):
        return "the Hub cannot be reached, or the connection broke; nothing is half done, so try again"
    return f"the connection to the Hub failed: {_first_line(causes[-1])}"


def _first_line(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.strip().partition("\n")[0] or type(error).__name__


def _say_status(status: int, headers: Mapping[str, str]) -> str:
    wait = headers.get("retry-after", "")
    later = f"in {wait} seconds" if wait.isdigit() else "in a few minutes"
    sentences = {
        401: "the Hub does not know this token, or the repository is private or does not exist (401)",
        403: "the token may not do this (403); it needs the write role, under your own name or your organisation's",
        404: "there is no such repository or revision on the Hub, or it is private (404)",
        409: "someone else is changing the repository right now (409); check it, then try again",
        412: "someone else has changed the repository (412); check it, then try again",
        429: f"the Hub limits requests (429); try again {later}",
    }
    return sentences.get(status, f"the Hub answered with an error ({status}); try again later")
