"""What the system refuses to read or to write, in any command: one sentence, and exit code 1."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

OF_OUTPUT = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}  # which an OSError without a file is of


@contextmanager
def end_in_a_sentence() -> Iterator[None]:
    """End the program where the output cannot be written or a file not read; any other fault keeps its traceback.

    Nothing is said where whoever read the output has seen enough.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno not in OF_OUTPUT:
            raise
        if error.filename is None:  # Python would try to write the rest once more at its end
            with suppress(OSError):  # no stream of the system's, in a test
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            what = f"{error.filename} cannot be read or" if error.filename else "The output cannot be"
            print(f"{what} written: {error.strerror}.", file=sys.stderr)
        sys.exit(1)
