"""Debian's chromium without a window, driven over its own protocol (https://chromedevtools.github.io/devtools-protocol)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import shutil
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0"]
WAIT = 60  # seconds, for anything

# Resolves with what `look` gives as soon as that is true: each change of the page is a reason to look again.
UNTIL = """
new Promise(resolve => {
    const look = () => { const found = %s; if (found) { observer.disconnect(); resolve(found); } };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    look();
})
"""


class Tab:
    """A page of the browser.

    Attributes:
        requested: every address that was asked for.
        wrong: what failed to load, was answered with an error, or complained in the console.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.requested: list[str] = []
        self.wrong: list[str] = []

    async def listen(self) -> None:
        """Take what the browser says, until it ends."""
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            else:
                self._note(said["method"], said["params"])

    def _note(self, method: str, params: dict[str, Any]) -> None:
        match method:
            case "Page.loadEventFired" if not self._loaded.done():
                self._loaded.set_result(None)
            case "Network.requestWillBeSent":
                self.requested.append(params["request"]["url"])
            case "Network.responseReceived" if params["response"]["status"] >= 400:
                self.wrong.append(f"{params['response']['status']} {params['response']['url']}")
            case "Network.loadingFailed" if not params.get("canceled"):
                self.wrong.append(params["errorText"])
            case "Runtime.exceptionThrown":
                self.wrong.append(params["exceptionDetails"]["text"])
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.wrong.append(params["entry"]["text"])

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol; its result."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        said = await asyncio.wait_for(answer, WAIT)
        assert "error" not in said, said["error"]
        result: dict[str, Any] = said["result"]
        return result

    async def open(self, url: str) -> None:
        """Go to an address, and wait until the page is there with its pictures."""
        self._loaded = asyncio.get_running_loop().create_future()
        await self.call("Page.navigate", url=url)
        await asyncio.wait_for(self._loaded, WAIT)

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, awaited."""
        said = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    async def until(self, expression: str) -> Any:
        """The value of an expression as soon as it is true."""
        return await self.evaluate(UNTIL % expression)

    async def click(self, selector: str) -> None:
        """Click with the mouse, in the middle of the first element that there is."""
        where = await self.until(
            f"(e => {{ if (!e) return null; e.scrollIntoView({{ block: 'center', behavior: 'instant' }});"
            f" const r = e.getBoundingClientRect();"
            f" return r.width && {{ x: r.x + r.width / 2, y: r.y + r.height / 2 }}; }})"
            f"(document.querySelector({json.dumps(selector)}))"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, **where, button="left", clickCount=1)

    async def follow(self, selector: str) -> None:
        """Click on a link, and wait for the page that it leads to."""
        self._loaded = asyncio.get_running_loop().create_future()
        await self.click(selector)
        await asyncio.wait_for(self._loaded, WAIT)

    async def write(self, text: str) -> None:
        """Type a text where the cursor is."""
        await self.call("Input.insertText", text=text)

    async def screenshot(self) -> bytes:
        """What can be seen, as a PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])


@contextlib.asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Tab]:
    """A tab of a browser that knows nothing yet, and keeps what it learns in `folder`."""
    assert CHROMIUM
    pipe = asyncio.subprocess.PIPE
    arguments = [*OPTIONS, f"--user-data-dir={folder}", "--window-size=1280,900", "about:blank"]
    process = await asyncio.create_subprocess_exec(CHROMIUM, *arguments, stdout=pipe, stderr=pipe)
    try:
        address = await asyncio.wait_for(_address(process), WAIT)
        async with aiohttp.ClientSession() as session:
            async with session.get(address) as answer:
                page = next(target for target in await answer.json() if target["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Tab(socket)
                listening = asyncio.create_task(tab.listen())
                for domain in ("Page", "Network", "Runtime", "Log"):
                    await tab.call(f"{domain}.enable")
                yield tab
        await listening
    finally:
        process.terminate()
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where the browser lists its pages, which it says on stderr."""
    assert process.stderr
    async for line in process.stderr:
        if b"DevTools listening on ws://" in line:
            host = line.split(b"ws://")[1].split(b"/")[0].decode()
            return f"http://{host}/json/list"
    raise AssertionError("the browser ended before it listened")
