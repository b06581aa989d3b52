"""What a worker process may reach: named environment variables, named folders, and no process but its own.

On Linux the kernel's Landlock holds it to that: other files cannot be opened, other processes neither looked into nor,
from Linux 6.12, sent signals. Elsewhere only the environment is kept from it; `name_gaps` says what is not.
"""

import ctypes
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SIGNALS_ABI = 6  # Landlock's, since Linux 6.12
NO_NEW_PRIVILEGES, DUMPABLE = 38, 4  # linux/prctl.h

# What libraries read to work at all. Of /etc, which also holds keys and passwords, only what they ask for.
SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store", "/gnu/store", "/proc", "/sys"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/passwd", "/etc/group"),
    *("/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/gai.conf", "/etc/services"),
    *("/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ca-certificates", "/etc/pki/tls/certs", "/etc/pki/ca-trust"),
    *("/etc/localtime", "/etc/timezone", "/etc/mime.types", "/etc/fonts", "/etc/OpenCL", "/etc/vulkan"),
    *("/dev/random", "/dev/urandom", "/dev/zero", "/dev/full"),
)
DEVICES = ("/dev/null", "/dev/dri", "/dev/kfd", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools")
VARIABLES = frozenset(
    (
        *("PATH", "LANG", "LANGUAGE", "TZ", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "PATHEXT", "COMSPEC", "VIRTUAL_ENV"),
        *(
            "LD_LIBRARY_PATH",
            "DYLD_LIBRARY_PATH",
            "FACEJURY_BLOCK",
            "FACEJURY_THREADS",
            "HF_ENDPOINT",
            "HF_HUB_OFFLINE",
        ),
        *("SSL_CERT_DIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
    )
)
FAMILIES = ("LC_", "OMP_", "MKL_", "OPENBLAS_", "CUDA_", "NVIDIA_", "TF_", "PYTHON", "COVERAGE_")
PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})

_apart: set[Path] = set()


@dataclass(frozen=True)
class Confinement:
    """What one worker may reach beside what every program needs.

    folders: those it may read, but for their hidden entries; files: more of them, whatever they hold; writable: folders
    it may change; variables: of its environment, beside those that everybody is given.
    """

    folders: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()

    def environment(self) -> dict[str, str]:
        """The variables the worker is started with, and no others. It finds the same packages as this process."""
        paths = os.pathsep.join(dict.fromkeys(str(path) for path in [ROOT, *sys.path] if path))
        return dict(_pass_on()) | {"PYTHONPATH": paths} | dict(self.variables)

    def rules(self) -> str:
        """What the worker is to hold itself to, as one line of JSON."""
        own = [(folder, _hidden_in(folder)) for folder in self.folders]
        packages = [*map(Path, SYSTEM), *_packages()]
        allowed = [one for folder, hidden in own for one in _split(folder.resolve(), _apart | hidden)]
        allowed += [one for folder in packages for one in _split(folder.resolve(), _apart)]
        return json.dumps(
            {
                "list": _unique(path for path, whole in allowed if not whole),
                "read": _unique([*(path for path, whole in allowed if whole), *self.files]),
                "write": _unique([*map(Path, DEVICES), *Path("/dev").glob("nvidia[0-9]*"), *self.writable]),
            }
        )


def keep_apart(*paths: Path) -> None:
    """No worker that is started from now on reads these, even in a folder that it may otherwise read."""
    _apart.update(path.resolve() for path in paths)


def hide_process() -> None:
    """Nobody without the administrator's rights looks into this process from now on, nor is its memory ever dumped."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DUMPABLE, 0, 0, 0, 0)


def name_gaps() -> list[str]:
    """What this system does not keep a plugin from: "files", "signals"."""
    abi = _find_abi()
    return [] if abi >= SIGNALS_ABI else ["signals"] if abi else ["files", "signals"]


def confine(rules: str) -> None:
    """Hold this process to the rules from now on, for ever. Call it before there is a second thread.

    Raises what Landlock raises where it is there and refuses.
    """
    if sys.platform != "linux":
        return
    _drop_privileges()
    if not _find_abi():
        return
    from py_landlock import AccessFs, Landlock

    to_list = AccessFs.READ_DIR
    to_read = AccessFs.READ_FILE | AccessFs.READ_DIR | AccessFs.EXECUTE
    to_write = ~(AccessFs.MAKE_CHAR | AccessFs.MAKE_BLOCK)
    of_files = AccessFs.READ_FILE | AccessFs.EXECUTE | AccessFs.WRITE_FILE | AccessFs.TRUNCATE | AccessFs.IOCTL_DEV
    landlock = Landlock(strict=False).allow_all_network()  # strict: an older kernel would do nothing at all
    told = json.loads(rules)
    for name, access in (("list", to_list), ("read", to_read), ("write", to_write)):
        for path in filter(os.path.exists, told[name]):
            landlock.add_path_rule(path, access=access if os.path.isdir(path) else access & of_files)
    landlock.apply()


def _drop_privileges() -> None:
    """For good. The administrator's rights would let it read the environment of any process, Landlock or not."""
    libc = ctypes.CDLL(None, use_errno=True)
    version, this_process, nothing = 0x20080522, 0, (0, 0, 0, 0, 0, 0)  # linux/capability.h
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.capset((ctypes.c_uint32 * 2)(version, this_process), (ctypes.c_uint32 * 6)(*nothing)):
        raise OSError(ctypes.get_errno(), "the administrator's rights cannot be dropped")


def _find_abi() -> int:
    """The version of Landlock here; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    from py_landlock import LandlockError, get_abi_version

    try:
        return int(get_abi_version())
    except (LandlockError, OSError):
        return 0


def _pass_on() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if name in VARIABLES or name.startswith(FAMILIES) or (name.upper() in PROXIES and "@" not in value):
            yield name, value


def _packages() -> Iterator[Path]:
    """Where this process finds its packages, and those that were installed to be edited."""
    from urllib.parse import urlsplit  # here: a jury without plugins needs neither, nor TLS, which they import
    from urllib.request import url2pathname

    yield Path(__file__).resolve().parents[2]  # where the code of a checkout is a link
    yield from map(Path, (str(ROOT), sys.prefix, sys.base_prefix, *filter(None, sys.path)))
    for distribution in distributions():
        said = json.loads(distribution.read_text("direct_url.json") or "{}")
        if said.get("dir_info", {}).get("editable"):
            yield Path(url2pathname(urlsplit(said["url"]).path))


def _hidden_in(folder: Path) -> set[Path]:
    """Entries that are nobody's business, such as .ssh where a plugin lies in a home, and what such a link leads to."""
    inside = folder.resolve()
    targets = (Path(os.path.realpath(child)) for child in inside.glob(".*"))
    return {target for target in targets if not inside.is_relative_to(target)}  # a link to all of it hides nothing


def _split(path: Path, apart: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """The path, or its parts but for those kept apart; each with whether it may be read, or only listed.

    Links are left out: the kernel would allow what they lead to, wherever that is. What lies within has its own path.
    """
    if any(path.is_relative_to(one) for one in apart):
        return
    is_whole = not any(one.is_relative_to(path) for one in apart)
    yield path, is_whole
    if not is_whole:
        for child in path.iterdir():
            if not child.is_symlink():
                yield from _split(child, apart)


def _unique(paths: Iterable[Path]) -> list[str]:
    return list(dict.fromkeys(map(str, paths)))
