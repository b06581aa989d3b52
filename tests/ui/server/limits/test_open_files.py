"""How many files a server opens, and connections it holds, by what its system allows."""

import sys

import pytest

from ui.server.limits.open_files import MAX_CONNECTIONS, MAX_FILES, ROOM, count_connections, raise_file_limit

if sys.platform == "win32":
    pytest.skip("no such limits", allow_module_level=True)
import resource

INFINITY = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [
        (1024, 4096, (4096, 4096)),
        (1024, INFINITY, (MAX_FILES, INFINITY)),
        (1024, 10 * MAX_FILES, (MAX_FILES, 10 * MAX_FILES)),
        (4096, 4096, None),
        (INFINITY, INFINITY, None),
    ],
)
def test_the_limit_is_raised_to_what_is_allowed_and_never_lowered(
    soft: int, hard: int, raised: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: told.append(limits))
    raise_file_limit()
    assert told == ([raised] if raised else [])


@pytest.mark.parametrize(
    ("files", "held"), [(INFINITY, MAX_CONNECTIONS), (MAX_FILES, MAX_CONNECTIONS), (550, 300), (64, 2 * ROOM)]
)
def test_connections_leave_files_for_the_rest(files: int, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (files, INFINITY))
    assert count_connections() == held
