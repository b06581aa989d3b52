"""`python -m registry [--json]`: the older name of `facejury detectors list`. Imports neither a network nor a page."""

import argparse
from collections.abc import Sequence

from registry.listing import as_json, as_table
from registry.manager import load_registry
from text.output import end_in_a_sentence


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the registry."""
    parser = argparse.ArgumentParser(
        prog="python -m registry",
        description="List the detectors of the jury, and what kept others out.",
        epilog="FACEJURY_BLOCK=name,name leaves plugins out by name.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    chosen = parser.parse_args(arguments)
    registry = load_registry()
    with end_in_a_sentence():
        print(as_json(registry) if chosen.json else as_table(registry), flush=True)


if __name__ == "__main__":
    main()
