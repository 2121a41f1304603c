"""Writes the stub's docstrings, which are those of the built module: they are written once, in Rust.

    python .ci/stub.py           writes python/ssewire/_core.pyi
    python .ci/stub.py --check   fails where that would change anything

Signatures are written by hand, with `...` as their body; `stubtest` compares them with the module.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssewire import _core

if TYPE_CHECKING:
    from collections.abc import Iterator

STUB = Path(__file__).resolve().parents[1] / "python/ssewire/_core.pyi"


def documented(body: list[ast.stmt], owner: Any) -> Iterator[tuple[ast.ClassDef | ast.FunctionDef, Any]]:
    """Each class, function and member whose docstring is its own, with what it is at runtime."""
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("__"):
            runtime = vars(owner)[node.name]
            yield node, runtime
            if isinstance(node, ast.ClassDef):
                yield from documented(node.body, runtime)


def docstring(runtime: Any, indent: str) -> str:
    """The lines of a docstring as the stub has them."""
    text = inspect.getdoc(runtime) or ""
    quoted = '"""' + text.replace("\\", "\\\\") + ("\n" if "\n" in text else "") + '"""'
    return textwrap.indent(quoted, indent) + "\n"


def filled(stub: str) -> str:
    """The stub with the docstrings of the module."""
    lines = stub.splitlines(keepends=True)
    nodes = list(documented(ast.parse(stub).body, _core))
    # From the end on: what comes before stays in its line.
    for node, runtime in sorted(nodes, key=lambda each: each[0].lineno, reverse=True):
        first = node.body[0]
        written = docstring(runtime, " " * (node.col_offset + 4))
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and first.value.value is ...:
            head = lines[first.lineno - 1][: first.col_offset].rstrip()
            written = f"{head}\n{written}" if head else written
        lines[first.lineno - 1 : first.end_lineno] = [written]
    return "".join(lines)


def main() -> str | None:
    """Write the stub, or check it; gives what is wrong."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true")
    check = arguments.parse_args().check
    stub = STUB.read_text("utf-8")
    wanted = filled(stub)
    if not check:
        STUB.write_text(wanted, "utf-8")
    elif stub != wanted:
        return f"{STUB.name}: docstrings are not those of the built module: run `make stubs`"
    return None


if __name__ == "__main__":
    sys.exit(main())
