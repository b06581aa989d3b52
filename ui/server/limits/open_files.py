"""How many files, and so connections, this process may have open."""

import sys

if sys.platform != "win32":
    import resource

MAX_FILES = 65_536  # what the system may give; more would only make its tables larger
MAX_CONNECTIONS = 1000  # an open page has two or three
OWN_FILES = 150  # uploads, the database, plugins, libraries
ROOM = 16  # connections beside those whose requests are under way: for the health check, and for refusals


def raise_file_limit() -> None:
    """Let this process open as many files as its system allows it."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def count_connections() -> int:
    """How many connections this process may hold. With those that were just accepted, they leave files for the rest."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(2 * ROOM, min(MAX_CONNECTIONS, (files - OWN_FILES) * 3 // 4))
