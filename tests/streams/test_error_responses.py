"""What the response behind an error says, its status and its headers, is on the error, whatever client and error."""

from __future__ import annotations

import asyncio
import copy
import pickle
import urllib.error
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire import ProviderError, ResponseError, StreamError
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HEADERS = {"X-Request-ID": "req_1", "Retry-After": "20", "X-RateLimit-Remaining": "0", "Set-Cookie": "a=1"}
API_ERROR = b'{"error": {"message": "m", "type": "t", "code": "c"}}'
HTML = b"<html><p>no</p></html>"
HI = text("Hi")


async def aread(response: Any, how: str, **options: Any) -> None:
    if how == "stream":
        await ssewire.acollect(response, **options)
    else:
        async for _ in ssewire.aiter_sse(response, **options):
            pass


def read(response: Any, how: str, **options: Any) -> None:
    if how == "stream":
        ssewire.collect(response, **options)
    else:
        list(ssewire.iter_sse(response, **options))


def fail(kind: str, client: str, url: str, how: str = "stream", **options: Any) -> Any:
    """Read a response, which must fail; return the error."""

    async def run() -> Any:
        async with loopback.ASYNC_CLIENTS[client](None) as get:
            response = await get(url)
            with pytest.raises(StreamError) as caught:
                await aread(response, how, **options)
            await response.aclose() if hasattr(response, "aclose") else response.close()
        return caught.value

    if kind == "async":
        return asyncio.run(run())
    with loopback.CLIENTS[client](None) as get:
        try:
            response = get(url)
        except urllib.error.HTTPError as error:
            response = error  # a response too
        with pytest.raises(StreamError) as caught:
            read(response, how, **options)
        response.close()
    return caught.value


def copies(error: StreamError) -> list[Any]:
    return [error, copy.copy(error), pickle.loads(pickle.dumps(error))]  # noqa: S301 - our own pickle


each_client = pytest.mark.parametrize(("kind", "client"), loopback.EVERY_CLIENT)
each_way = pytest.mark.parametrize("how", ["stream", "events"])


@each_client
@each_way
@pytest.mark.parametrize("body", [API_ERROR, HTML, b"", b"data: x\n\n", b"[]"])
def test_a_refused_request_is_one_by_its_status_whatever_its_body(
    kind: str, client: str, how: str, body: bytes
) -> None:
    with ReplayServer([DONE], fail=(401, body), headers=HEADERS) as server:
        error = fail(kind, client, server.url, how)
    assert type(error) is (ProviderError if body == API_ERROR else ResponseError)
    for one in copies(error):
        assert (one.status, one.request_id, one.retry_after) == (401, "req_1", 20.0)
        assert (one.headers["x-ratelimit-remaining"], one.headers["set-cookie"]) == ("0", "a=1")
        assert "HTTP 401" in str(one)
        assert str(one) == str(error)


@each_client
@pytest.mark.parametrize(
    ("body", "options", "status"),
    [
        (HI, {}, 200),
        (HI + b"data: " + b"x" * 500, {"max_event_size": 400}, 200),
        (HTML, {}, 200),
        (HI + b"data: " + API_ERROR + b"\n\n", {}, None),
        (HI + b'data: {"error": {"message": "m", "code": 503}}\n\n', {}, None),
    ],
)
def test_every_other_error_has_the_response_too(
    kind: str, client: str, body: bytes, options: dict[str, Any], status: int | None
) -> None:
    with ReplayServer([body], headers=HEADERS) as server:
        error = fail(kind, client, server.url, **options)
    for one in copies(error):
        assert (one.request_id, one.retry_after, one.headers["content-type"]) == ("req_1", 20.0, "text/event-stream")
        # A response that succeeded says nothing of the error in its stream.
        assert one.status in {status, 503 if b"503" in body else status}


@each_client
def test_an_event_that_is_too_large_for_a_decoder(kind: str, client: str) -> None:
    with ReplayServer([HI + b"data: " + b"x" * 500], headers=HEADERS) as server:
        error = fail(kind, client, server.url, "events", max_event_size=400)
    assert type(error) is ssewire.EventTooLargeError
    assert (error.status, error.request_id) == (200, "req_1")


def test_where_there_is_no_response_there_is_nothing() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield HI

    for source in (HI, iter([HI])):
        with pytest.raises(StreamError) as caught:
            ssewire.collect(source)
        for one in copies(caught.value):
            assert (one.status, dict(one.headers), one.request_id, one.retry_after) == (None, {}, None, None)
    with pytest.raises(StreamError) as caught:
        asyncio.run(ssewire.acollect(pieces()))
    assert (caught.value.status, dict(caught.value.headers)) == (None, {})


# What the headers say

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


def failed(**headers: str) -> StreamError:
    error = ResponseError("no", status=429, content_type=None, body=b"")
    error._headers = {name.replace("_", "-"): value for name, value in headers.items()}  # noqa: SLF001 - as a reader does
    return error


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": " 7 "}, 7.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after_ms": "250", "retry_after": "1"}, 0.25),
        ({"retry_after_ms": "soon", "retry_after": "1"}, 1.0),
        ({"retry_after": "Sun, 06 Nov 1994 08:50:07 GMT", "date": DATE}, 30.0),
        ({"retry_after": "Sunday, 06-Nov-94 08:50:07 GMT", "date": DATE}, 30.0),
        ({"retry_after": "Sun, 06 Nov 1994 08:49:07 GMT", "date": DATE}, 0.0),
        ({"retry_after": DATE}, 0.0),
        ({"retry_after": DATE, "date": "yesterday"}, 0.0),
        *(
            ({"retry_after": wrong}, None)
            for wrong in (
                "",
                "-1",
                "soon",
                "9" * 400,
                "Fri, 31 Dec 99999 00:00:00 GMT",
                "1e3",
                "1.2.3",
                "\u0663",
                "nan",
                ".",
            )
        ),
    ],
)
def test_when_to_ask_again(headers: dict[str, str], seconds: float | None) -> None:
    assert failed(**headers).retry_after == seconds


def test_what_the_request_is_called() -> None:
    for name in ("x_request_id", "request_id", "apim_request_id", "x_amzn_requestid"):
        assert failed(**{name: "r"}).request_id == "r"
    assert failed().request_id is None


def test_anthropic_says_it_in_the_body_too() -> None:
    body = b'{"type": "error", "error": {"type": "overloaded_error", "message": "m"}, "request_id": "req_2"}'
    with pytest.raises(ProviderError) as caught:
        ssewire.collect(b"event: error\ndata: " + body + b"\n\n")
    assert caught.value.request_id == "req_2"


# As text


@pytest.mark.parametrize(
    ("parts", "shown", "written"),
    [
        ({}, "m", "ProviderError('m')"),
        ({"status": 401}, "m (HTTP 401)", "ProviderError('m', status=401)"),
        (
            {"status": 401, "type": "t", "code": "c"},
            "m (HTTP 401, type t, code c)",
            "ProviderError('m', status=401, type='t', code='c')",
        ),
        ({"status": 429, "code": 429}, "m (HTTP 429)", "ProviderError('m', status=429, code=429)"),
        ({"type": "t", "code": "t"}, "m (type t)", "ProviderError('m', type='t', code='t')"),
        ({"code": 0}, "m (code 0)", "ProviderError('m', code=0)"),
        ({"code": ["a"]}, "m (code ['a'])", "ProviderError('m', code=['a'])"),
    ],
)
def test_an_api_error_shows_what_is_known_of_it(parts: dict[str, Any], shown: str, written: str) -> None:
    for error in copies(ProviderError("m", **parts)):
        assert (str(error), repr(error), error.args) == (shown, written, ("m",))
