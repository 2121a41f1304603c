"""Which imports of a Python file can change. The file is parsed, never run.

httpx2 is an HTTP client first: its imports are listed only in a file that has to do with event streams, because it
calls something's `sse` or names one of the classes for them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from ssewire.compat._packages import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

_HTTPX2 = "httpx2"
_STREAM_NAMES = frozenset({"EventSource", "SSEError", "ServerSentEvent", "sse"})


class Import(NamedTuple):
    """An import of one of the packages.

    Attributes:
        line: Its line, from 1.
        old: As it is.
        new: What it can become; None where nothing that it imports is here.
        package: The name in `PACKAGES` of what it imports.
    """

    line: int
    old: str
    new: str | None
    package: str


def scan(source: str | bytes) -> list[Import]:
    """Return what a Python file imports of the packages, in order.

    Raises:
        SyntaxError: It cannot be parsed by this Python.
        ValueError: It has NULs, or bytes that its encoding does not know.
    """
    nodes = list(ast.walk(ast.parse(source)))
    has_streams = any(map(_is_about_streams, nodes))
    found = [one for node in nodes for one in _imports(node) if has_streams or one.package != _HTTPX2]
    return sorted(found, key=lambda one: one.line)


def _is_about_streams(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=name) | ast.alias(name=name):
            return name in _STREAM_NAMES
    return False


def _imports(node: ast.AST) -> Iterator[Import]:
    match node:
        case ast.ImportFrom(module=str(module), level=0) if _root(module) in PACKAGES:
            new = _changed_from(node, module)
            if new is not None or _root(module) != _HTTPX2:
                yield Import(node.lineno, ast.unparse(node), new, _known(module))
        case ast.Import(names=aliases):
            for alias in aliases:
                if _root(alias.name) in PACKAGES:
                    old = ast.unparse(ast.Import([alias]))
                    yield Import(node.lineno, old, _changed_import(alias), _known(alias.name))


def _root(module: str) -> str:
    return module.partition(".")[0]


def _known(module: str) -> str:
    return module if module in PACKAGES else _root(module)


def _changed_from(node: ast.ImportFrom, module: str) -> str | None:
    """Write `from … import …` anew, in two statements where some of the names are not here."""
    package = PACKAGES.get(module)
    here = [one for one in node.names if package and (one.name in package.names or one.name == "*")]
    if package is None or not here:
        return None
    rest = [one for one in node.names if one not in here]
    new = [ast.ImportFrom(package.module, here, 0)] + ([ast.ImportFrom(module, rest, 0)] if rest else [])
    return "; ".join(map(ast.unparse, new))


def _changed_import(alias: ast.alias) -> str | None:
    """Write `import …` anew so that it binds the same name."""
    package = PACKAGES.get(alias.name)
    if package is None:
        return None
    if alias.asname:
        return f"import {package.module} as {alias.asname}"
    bound = _root(alias.name)
    parent, _, name = PACKAGES[bound].module.rpartition(".")
    return f"from {parent} import {name}" + (f" as {bound}" if name != bound else "")
