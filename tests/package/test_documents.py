"""The Python of docs runs as it is printed, page by page, and every page links to what is there.

The blocks of a page share their names, as a reader types them one after the other. Each page runs in a process of its
own with a server behind `http://localhost:8000/v1`, to which the providers' packages are pointed as well. What a page
takes for granted, because a reader has it, is in `GIVEN`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import ssewire
from ssewire.replay import ReplayServer

ROOT = Path(__file__).parents[2]
PAGES = {str(path.relative_to(ROOT)): path for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]}
TEXTS = {name: path.read_text("utf-8") for name, path in PAGES.items()}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
WITH_CODE = [
    name for name, text in TEXTS.items() if BLOCK.search(text) and name != "README.md"
]  # it has tests of its own

# The providers' models want chunks whole.
HEAD = b'data: {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": '
STREAM = b"".join(
    (
        HEAD + b'[{"index": 0, "delta": {"content": "Hello"}}]}\n\n',
        HEAD + b'[{"index": 0, "delta": {"content": " there"}, "finish_reason": "stop"}]}\n\n',
        HEAD + b'[], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}\n\n',
        b"data: [DONE]\n\n",
    )
)

REQUEST = """
url = "http://localhost:8000/v1/chat/completions"
request = {"model": "any", "stream": True, "messages": []}
"""
RELAY = """
import asyncio, ssewire

async def passed_on():
    yield b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\\n\\n'

async def send(piece):
    print(piece)

response = passed_on()
"""
GIVEN = {
    "docs/adapters.md": "messages = []",
    "docs/event-source.md": f"import urllib3; pool = urllib3{REQUEST}",
    "docs/gateways.md": RELAY,
    "docs/retrying.md": f"import requests, ssewire; session = requests.Session(){REQUEST}",
    "docs/sources.md": f"import httpx, ssewire; client = httpx.AsyncClient(headers={{'Connection': 'close'}}){REQUEST}",
    "docs/migration/httpx-sse.md": REQUEST,
    "docs/migration/sseclient-py.md": REQUEST,
    "docs/migration/by-hand.md": REQUEST,
}
# Pages show what to replace, which only the benches install: here it is what replaces it.
REPLACED = {
    "from httpx_sse import": "from ssewire.compat.httpx_sse import",
    "import requests, sseclient": "import requests, ssewire.compat.sseclient as sseclient",
    "https://api.example.com/v1": "http://localhost:8000/v1",
    "https://example.com": "http://localhost:8000/v1",
}
# What else a page's server does. A source of events connects again until the server wants no more.
SERVERS: dict[str, dict[str, Any]] = {"docs/event-source.md": {"fail": (204, b"")}}
# Runs blocks of JSON from stdin, with what is awaited outside of a function.
RUN = """
import ast, asyncio, inspect, json, sys

async def main():
    names = {"__name__": "page"}
    for number, code in enumerate(json.load(sys.stdin)):
        compiled = compile(code, f"block {number}", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if inspect.CO_COROUTINE & compiled.co_flags:
            await eval(compiled, names)
        else:  # which may start an event loop of its own
            await asyncio.to_thread(exec, compiled, names)

asyncio.run(main())
"""


def blocks(name: str) -> list[str]:
    """The code of a page, after what the page takes for granted."""
    text = TEXTS[name]
    for shown, replacement in REPLACED.items():
        text = text.replace(shown, replacement)
    return [GIVEN.get(name, ""), *BLOCK.findall(text)]


def run(name: str, server: ReplayServer) -> str:
    """Run a page; what it printed."""
    asked = json.dumps([block.replace("http://localhost:8000/v1", server.url) for block in blocks(name)])
    keys = {"OPENAI_API_KEY": "key", "OPENAI_BASE_URL": server.url, "ANTHROPIC_API_KEY": "key"}
    done = subprocess.run(  # noqa: S603 - ours
        # Clients that a page opens, and does not show how to close, are closed by the process's end.
        [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", "-c", RUN],
        input=asked,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **keys, "ANTHROPIC_BASE_URL": server.url.removesuffix("/v1")},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_there_is_code() -> None:
    assert len(WITH_CODE) > 10


@pytest.mark.parametrize("name", WITH_CODE)
def test_the_code_of_a_page_runs(name: str) -> None:
    code = "".join(blocks(name)[1:])
    with ReplayServer([STREAM], **SERVERS.get(name, {})) as server:
        printed = run(name, server)
        asked = bool(server.requests)
    assert asked == bool(re.search(r"url, json|localhost:8000|create\(", code))
    if asked and "print(" in code and name not in SERVERS:
        assert "Hello" in printed


LINK = re.compile(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)")
"""A link to a file, not to another site or a place on the same page."""


def test_the_reference_has_every_public_name() -> None:
    listed = re.findall(r"^::: (ssewire\.\w+)$", TEXTS["docs/reference.md"], re.MULTILINE)
    values = {"Delta", "Dialect", "__version__"}  # neither a class nor a function
    assert {*listed} >= {f"ssewire.{name}" for name in {*ssewire.__all__} - values}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_reached(name: str) -> None:
    page = name.removeprefix("docs/").replace("README.md", "index.md")
    assert re.search(rf"^ +- .*: {re.escape(page)}$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_links_to_is_there(name: str) -> None:
    for target in LINK.findall(TEXTS[name]):
        assert (PAGES[name].parent / target).exists(), target
