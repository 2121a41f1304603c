"""`python -m tests.merging`: runs all peers, stores what they gave, writes docs/merge-table.md and README's table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.merging import page, peers, stored


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.merging", description=__doc__)
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)  # its column, to a folder: see `peers.measured`
    one = parser.parse_args().peer
    if one:
        peers.measure_here(one[0], Path(one[1]))
        return
    run = peers.run_all()
    stored.write(run.columns)
    page.FILE.write_text(page.render(run.columns), "utf-8")
    page.README.write_text(page.readme(run.columns), "utf-8")
    print(page.FILE)  # noqa: T201 - a command prints
    problems = [*run.failures, *(f"wrong where it must not be: {cell}" for cell in page.broken(run.columns))]
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
