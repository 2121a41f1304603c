"""What the fuzzers begin with: a text file for each target, with an input a line, in hexadecimal.

    python rust/fuzz/seeds.py unpack TARGET FOLDER     the files that a fuzzer starts from
    python rust/fuzz/seeds.py pack TARGET FOLDER       what a fuzzer chose, into its seeds

A fuzzer wants a file for each input, which would be thousands of a few bytes each.
"""

from __future__ import annotations

import sys
from pathlib import Path

SEEDS = Path(__file__).with_name("seeds")


def unpack(target: str, folder: Path) -> None:
    """Write an input a file."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate((SEEDS / f"{target}.txt").read_text("ascii").splitlines()):
        (folder / f"{number:04}").write_bytes(bytes.fromhex(line))


def pack(target: str, folder: Path) -> None:
    """Write all inputs of a folder, the shortest first."""
    inputs = {path.read_bytes() for path in folder.iterdir()}
    lines = [data.hex() for data in sorted(inputs, key=lambda data: (len(data), data))]
    (SEEDS / f"{target}.txt").write_text("".join(f"{line}\n" for line in lines), "ascii")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["unpack", target, folder]:
            unpack(target, Path(folder))
        case ["pack", target, folder]:
            pack(target, Path(folder))
        case _:
            sys.exit(__doc__)
