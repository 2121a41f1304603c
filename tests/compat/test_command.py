"""`python -m ssewire.compat`: which imports of a project can change."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from ssewire.compat._imports import scan
from ssewire.compat._packages import PACKAGES

if TYPE_CHECKING:
    from pathlib import Path

CHANGED = [
    ("from httpx_sse import connect_sse", "from ssewire.compat.httpx_sse import connect_sse"),
    (
        "from httpx_sse import EventSource as ES, SSEError",
        "from ssewire.compat.httpx_sse import EventSource as ES, SSEError",
    ),
    ("from httpx_sse import *", "from ssewire.compat.httpx_sse import *"),
    ("import httpx_sse", "from ssewire.compat import httpx_sse"),
    ("import httpx_sse as sse", "import ssewire.compat.httpx_sse as sse"),
    ("from sseclient import SSEClient, Event", "from ssewire.compat.sseclient import SSEClient, Event"),
    ("import sseclient", "from ssewire.compat import sseclient"),
    (
        "from httpx2 import EventSource, Response",
        "from ssewire.compat.httpx2 import EventSource; from httpx2 import Response",
    ),
    (
        "from aiohttp_sse_client2 import client as sse_client",
        "from ssewire.compat.aiohttp_sse_client2 import client as sse_client",
    ),
    (
        "from aiohttp_sse_client.client import EventSource",
        "from ssewire.compat.aiohttp_sse_client2.client import EventSource",
    ),
    ("import aiohttp_sse_client2.client", "from ssewire.compat import aiohttp_sse_client2"),
    ("import aiohttp_sse_client.client", "from ssewire.compat import aiohttp_sse_client2 as aiohttp_sse_client"),
    ("import aiohttp_sse_client2.client as c", "import ssewire.compat.aiohttp_sse_client2.client as c"),
]


@pytest.mark.parametrize(("old", "new"), CHANGED, ids=[old for old, _ in CHANGED])
def test_an_import_that_can_change(old: str, new: str) -> None:
    [found] = scan(f"import os\n\n{old}\n")
    assert (found.line, found.old, found.new) == (3, old, new)


@pytest.mark.parametrize(("old", "new"), CHANGED, ids=[old for old, _ in CHANGED])
def test_what_it_can_change_to_binds_the_same_names(old: str, new: str) -> None:
    """The new statements run; the old ones may be of packages that are not here."""
    space: dict[str, object] = {}
    exec(new, space)  # noqa: S102  our own statements
    names = old.partition(" import ")[2] or old.partition("import ")[2]
    bound = {name.split(" as ")[-1].strip().partition(".")[0] for name in names.split(",")} - {"*"}
    assert bound <= set(space)
    if "." in old.partition("import ")[2] and " as " not in old:
        assert hasattr(space[next(iter(bound))], "client")


@pytest.mark.parametrize(
    "old", ["from httpx_sse._decoders import SSEDecoder", "import httpx_sse._api", "from sseclient import __author__"]
)
def test_an_import_of_private_or_other_names_stays(old: str) -> None:
    [found] = scan(old)
    assert (found.old, found.new) == (old, None)


@pytest.mark.parametrize(
    "source", ["import httpx2", "from httpx2 import Client", "import httpx, requests", "from . import httpx_sse"]
)
def test_other_imports_are_not_listed(source: str) -> None:
    assert scan(source) == []


def test_httpx2_counts_where_streams_are_read() -> None:
    source = "import httpx2\nfrom httpx2 import Client, Timeout\nwith Client() as client, client.sse('') as s: ...\n"
    assert [one.new for one in scan(source)] == [
        "from ssewire.compat import httpx2",
        "from ssewire.compat.httpx2 import Client; from httpx2 import Timeout",
    ]
    assert [one.line for one in scan("import httpx2\n\ndef f(source: httpx2.EventSource): ...\n")] == [1]


def test_imports_inside_functions_and_over_lines() -> None:
    source = (
        "def f():\n    from httpx_sse import (\n        connect_sse,\n        SSEError,\n    )\nimport httpx_sse as h\n"
    )
    assert [(one.line, one.new) for one in scan(source)] == [
        (2, "from ssewire.compat.httpx_sse import connect_sse, SSEError"),
        (6, "import ssewire.compat.httpx_sse as h"),
    ]


@pytest.mark.parametrize("package", PACKAGES.values(), ids=PACKAGES)
def test_every_name_that_is_promised_is_there(package: object) -> None:
    assert hasattr(package, "module")
    module = importlib.import_module(package.module)
    assert {name for name in package.names if not hasattr(module, name)} == set()  # type: ignore[attr-defined]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ssewire.compat", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def test_the_command_lists_a_project(tmp_path: Path) -> None:
    for name, text in {
        "app/b.py": "import sseclient\n",
        "app/a.py": "\nfrom httpx_sse import connect_sse\nfrom httpx_sse._api import EventSource\n",
        "app/none.py": "import httpx2\n",
        "app/notes.txt": "import httpx_sse\n",
        ".hidden/a.py": "import httpx_sse\n",
        "env/pyvenv.cfg": "",
        "env/a.py": "import httpx_sse\n",
        "node_modules/a.py": "import httpx_sse\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = run(tmp_path, tmp_path / "app" / "a.py")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    a, b = tmp_path / "app" / "a.py", tmp_path / "app" / "b.py"
    assert lines[:3] == [
        f"{a}:2: from httpx_sse import connect_sse -> from ssewire.compat.httpx_sse import connect_sse",
        f"{a}:3: from httpx_sse._api import EventSource -> stays: it is private, or not in ssewire.compat",
        f"{b}:1: import sseclient -> from ssewire.compat import sseclient",
    ]
    told = [line for line in lines if line.startswith("What differs")]
    assert told == ["What differs with ssewire.compat.httpx_sse:", "What differs with ssewire.compat.sseclient:"]
    assert {f"- {one}" for one in PACKAGES["sseclient"].differences} <= set(lines)


def test_the_command_tells_of_files_that_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import (\n")
    (tmp_path / "nul.py").write_bytes(b"\0")
    (tmp_path / "good.py").write_text("import httpx_sse\n")
    done = run(tmp_path)
    assert done.returncode == 1
    assert [line.partition(": ")[:2] for line in done.stderr.splitlines()] == [
        (str(tmp_path / "bad.py"), ": "),
        (str(tmp_path / "nul.py"), ": "),
    ]
    assert "good.py:1: import httpx_sse -> " in done.stdout


def test_the_command_says_when_nothing_can_change(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no import that can change\n")


def test_the_command_refuses_what_does_not_exist(tmp_path: Path) -> None:
    done = run(tmp_path / "nothing")
    assert done.returncode == 2
    assert "no such file or folder" in done.stderr
