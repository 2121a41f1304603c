"""The built site, looked at in a real browser: it is clicked through, searched and shown in the dark.

`make docs` builds it; `.ci/run` does before the tests.
"""

from __future__ import annotations

import asyncio
import functools
import http.server
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import ssewire

from tests.support.browser import CHROMIUM, Tab, browser

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

SITE = Path(__file__).parents[2] / "target" / "site"
pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="there is no chromium to look at the site with: apt install chromium"),
    pytest.mark.skipif(not (SITE / "index.html").exists(), reason="the site is not built: make docs"),
]
HEADING = "document.querySelector('article h1').firstChild.textContent"
PICTURES = "[...document.images].map(each => [each.src, each.complete && each.naturalWidth > 0])"


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files of the site, without a word on stderr."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    handler = functools.partial(Handler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def look(folder: Path, url: str, at: Callable[[Tab], Awaitable[None]]) -> None:
    """Run a visit: nothing fails to load, and nobody else is asked for anything."""

    async def visit() -> None:
        async with browser(folder) as tab:
            await tab.open(url)
            await at(tab)
            assert tab.wrong == []
            assert [each for each in tab.requested if not each.startswith((url, "data:", "blob:"))] == []

    asyncio.run(visit())


def test_the_first_page_shows_the_chart_and_leads_on(tmp_path: Path, url: str) -> None:
    async def at(tab: Tab) -> None:
        assert await tab.evaluate(HEADING) == "ssewire"
        assert [shown for src, shown in await tab.evaluate(PICTURES) if src.endswith("chart.svg")] == [True]
        await tab.follow("nav a[href='guides/tool-calls/']")
        assert await tab.evaluate(HEADING) == "Tool calls and partial JSON"
        await tab.follow("article a[href='../../merge-table/']")
        assert await tab.evaluate(HEADING) == "What others make of the same streams"

    look(tmp_path, url, at)


def test_every_page_can_be_reached_and_shows_its_pictures(tmp_path: Path, url: str) -> None:
    async def at(tab: Tab) -> None:
        pages = await tab.evaluate(
            "[...document.querySelectorAll('nav.md-nav--primary a[href]')].map(each => each.href)"
        )
        pages = sorted({page.partition("#")[0] for page in pages})
        built = [path for path in SITE.rglob("index.html") if path.parent != SITE]
        assert len(pages) == len(built) + 1
        for page in pages:
            await tab.open(page)
            assert await tab.evaluate(HEADING), page
            # Those further down are loaded when they are needed, or not at all.
            await tab.evaluate("Promise.all([...document.images].map(each => (each.loading = 'eager', each.decode())))")
            assert all(shown for _, shown in await tab.evaluate(PICTURES)), page

    look(tmp_path, url, at)


def test_a_search_finds_a_name_and_leads_to_its_place(tmp_path: Path, url: str) -> None:
    async def at(tab: Tab) -> None:
        await tab.click("input.md-search__input")
        await tab.write("aiter_sse")
        await tab.until("document.querySelectorAll('.md-search-result__item a').length")
        found = "[...document.querySelectorAll('.md-search-result__item a')].map(each => each.href)"
        assert any("/reference/" in each for each in await tab.evaluate(found))
        await tab.follow(".md-search-result__item a[href*='reference']")
        assert "reference" in await tab.evaluate("location.pathname")

    look(tmp_path, url, at)


def test_the_reference_has_every_public_name(tmp_path: Path, url: str) -> None:
    async def at(tab: Tab) -> None:
        await tab.open(f"{url}reference/")
        there = await tab.evaluate("[...document.querySelectorAll('[id^=\"ssewire.\"]')].map(each => each.id)")
        unions = {"Delta", "Dialect", "__version__"}
        assert {f"ssewire.{name}" for name in {*ssewire.__all__} - unions} <= {*there}

    look(tmp_path, url, at)


def test_it_can_be_read_in_the_dark(tmp_path: Path, url: str) -> None:
    async def at(tab: Tab) -> None:
        scheme = "document.body.getAttribute('data-md-color-scheme')"
        assert await tab.evaluate(scheme) == "default"
        await tab.click("label[for='__palette_1']:not([hidden])")
        assert await tab.until(f"{scheme} === 'slate' && {scheme}") == "slate"
        (tmp_path / "dark.png").write_bytes(await tab.screenshot())

    look(tmp_path / "browser", url, at)
