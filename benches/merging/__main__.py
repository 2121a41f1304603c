"""`python -m benches.merging`: runs all peers, stores what they gave, and writes docs/merge-table.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benches.merging import page, peers, stored


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benches.merging", description=__doc__)
    parser.add_argument("--environment", nargs=2, help=argparse.SUPPRESS)  # its columns, to a file: see `peers`
    environment = parser.parse_args().environment
    if environment:
        stored.write(peers.columns_of(environment[0]), Path(environment[1]))
        return
    columns = peers.all_columns()
    stored.write(columns)
    page.FILE.write_text(page.render(columns), "utf-8")
    print(page.FILE)
    broken = list(page.broken(columns))
    if broken:
        sys.exit("\n".join(["wrong where it must not be:", *broken]))


if __name__ == "__main__":
    main()
