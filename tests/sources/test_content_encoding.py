"""A body in a Content-Encoding that the client did not undo is refused by the coding's name, and no other body is."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import sys
import urllib.error
import zlib
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests
import ssewire
from ssewire import AsyncStream, IncompleteStreamError, ProviderError, ResponseError, Stream
from ssewire.replay import ReplayServer

from tests.support import loopback
from tests.support.chat_cases import DONE, text

if TYPE_CHECKING:
    from collections.abc import Mapping

STREAM = text("Hi", "stop") + DONE
HTML = b"<!DOCTYPE html>\n<html>\n\n<body>data: nothing\n\n</body>\n</html>\n"

# Made by brotli 1.2.1 and zstandard 0.25. Neither is among the packages of the tests: no client can undo these.
BR_STREAM = bytes.fromhex(
    "1b7801008dc2b6bd51be45086715d608da66aa7274311b92a18b8ce1823258dad2b35660d1e9a39303f6e3770af3e8a0459e416216b8c942"
    "a29295b9d385ef9ac2be64526a68adf3cd4ccc3cd7f7dcd44dab87185651094a616497b62df2749c2904d6cbfe312c65ff09390700"
)
BR_ERROR = bytes.fromhex("0b0d807b226572726f72223a207b226d657373616765223a20226d227d7d03")
BR_HTML = bytes.fromhex("1b3c00e0a51540747cc2061cb0079e6538dd2493aa6518bff30fc4d5f1e9")
ZSTD_ERROR = bytes.fromhex("28b52ffd201bd900007b226572726f72223a207b226d657373616765223a20226d227d7d")
BR_SMALL = b"\x0b\x02\x80hello\x03"

EVERY_CLIENT = [*itertools.product(["sync"], loopback.CLIENTS), *itertools.product(["async"], loopback.ASYNC_CLIENTS)]
OWN_WORDS = "aiohttp"  # it refuses br and zstd by itself
LENIENT = [pair for pair in EVERY_CLIENT if pair[1] != OWN_WORDS]
each_client = pytest.mark.parametrize(("kind", "client"), EVERY_CLIENT)
each_lenient_client = pytest.mark.parametrize(("kind", "client"), LENIENT)
without_zstd = pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python itself has zstd, and clients use it")
each_kind = pytest.mark.parametrize(("kind", "client"), [("sync", "requests"), ("async", "httpx2")])


def serve(body: bytes, coding: str, **options: Any) -> ReplayServer:
    """Serve a body as it is, labelled with a coding."""
    return ReplayServer([body], headers={"Content-Encoding": coding}, **options)


def fail(kind: str, client: str, url: str) -> Any:
    """Read a response by a stream that must fail; return the error."""
    with pytest.raises(ssewire.StreamError) as caught:
        until_done(kind, client, url)
    return caught.value


def until_done(kind: str, client: str, url: str) -> ssewire.Snapshot:
    if kind == "async":
        return asyncio.run(until_done_async(client, url))
    with loopback.CLIENTS[client](None) as get, Stream(get_any(get, url)) as stream:
        return stream.until_done()


def get_any(get: loopback.Get, url: str) -> Any:
    try:
        return get(url)
    except urllib.error.HTTPError as error:
        return error  # a response too


async def until_done_async(client: str, url: str) -> ssewire.Snapshot:
    async with loopback.ASYNC_CLIENTS[client](None) as get, AsyncStream(await get(url)) as stream:
        return await stream.until_done()


def check_named(error: Any, coding: str, body: bytes) -> None:
    assert type(error) is ResponseError
    assert f"text/event-stream data in Content-Encoding {coding!r} that the client did not decompress" in str(error)
    assert "identity" in str(error)
    assert (error.status, error.content_type, error.body) == (200, "text/event-stream", body)


# Named


@each_lenient_client
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", BR_SMALL),
        ("br", BR_STREAM),
        ("BR", BR_STREAM),
        ("br, identity", BR_STREAM),
        ("x-of-our-own", BR_STREAM),
    ],
)
def test_a_coding_without_a_decoder_is_named(kind: str, client: str, coding: str, body: bytes) -> None:
    for piece_size in (1, None):
        with serve(body, coding, piece_size=piece_size) as server:
            check_named(fail(kind, client, server.url), coding, body)


@without_zstd
@each_lenient_client
def test_zstd_is_named(kind: str, client: str) -> None:
    with serve(ZSTD_ERROR, "zstd") as server:
        check_named(fail(kind, client, server.url), "zstd", ZSTD_ERROR)


@pytest.mark.parametrize(("coding", "body"), [("br, identity", BR_STREAM), ("x-of-our-own", BR_STREAM)])
def test_so_it_is_by_what_aiohttp_lets_through(coding: str, body: bytes) -> None:
    with serve(body, coding) as server:
        check_named(fail("async", OWN_WORDS, server.url), coding, body)


@pytest.mark.parametrize("coding", ["br", "BR", pytest.param("zstd", marks=without_zstd)])
def test_aiohttp_names_a_coding_before_there_is_a_response(coding: str) -> None:
    async def run(url: str) -> None:
        async with loopback.aiohttp_client(None) as get:
            await get(url)

    with (
        serve(BR_STREAM, coding) as server,
        pytest.raises(aiohttp.ClientResponseError, match=rf"(?i)content-encoding: \w+ \({coding}\)"),
    ):
        asyncio.run(run(server.url))


def test_aiohttp_that_was_told_not_to_decompress() -> None:
    async def run(url: str) -> None:
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            await AsyncStream(await session.get(url)).until_done()

    with serve(BR_STREAM, "br") as server, pytest.raises(ResponseError) as caught:
        asyncio.run(run(server.url))
    check_named(caught.value, "br", BR_STREAM)


@each_lenient_client
def test_a_coding_is_named_where_the_body_is_no_stream_to_begin_with(kind: str, client: str) -> None:
    for status, content_type, body in [
        (403, "text/html", BR_HTML),
        (200, "text/html", BR_HTML),
        (429, "application/json", BR_ERROR),
        (200, "application/vnd.amazon.eventstream", BR_SMALL),
    ]:
        with serve(body, "br", status=status, content_type=content_type) as server:
            error = fail(kind, client, server.url)
        assert type(error) is ResponseError
        assert f"got HTTP {status} {content_type} data in Content-Encoding 'br' that" in str(error)


@pytest.mark.parametrize("client", loopback.CLIENTS)
def test_collect_and_iter_sse_name_it_too(client: str) -> None:
    named = pytest.raises(ResponseError, match="Content-Encoding 'br'")
    with loopback.CLIENTS[client](None) as get, serve(BR_STREAM, "br") as server, named:
        ssewire.collect(get(server.url))
    with loopback.CLIENTS[client](None) as get, serve(BR_ERROR, "br", content_type="application/json") as server:
        response = get(server.url)
        with named:
            next(ssewire.iter_sse(response))
        response.close()


def test_aiter_sse_names_it_too() -> None:
    async def run(url: str) -> None:
        async with loopback.async_httpx_client(None) as get:
            response = await get(url)
            with pytest.raises(ResponseError, match="Content-Encoding 'br'"):
                await anext(ssewire.aiter_sse(response))
            await response.aclose()

    with serve(BR_ERROR, "br", content_type="application/json") as server:
        asyncio.run(run(server.url))


def test_a_body_that_was_loaded_is_named_like_one_that_streams() -> None:
    with serve(BR_STREAM, "br") as server:
        response = requests.get(server.url, timeout=loopback.TIMEOUT)
    with pytest.raises(ResponseError) as caught:
        ssewire.collect(response)
    check_named(caught.value, "br", BR_STREAM)


# Several codings: each client undoes others


@each_client
@pytest.mark.parametrize("coding", ["gzip, br", "br, gzip", "GZIP,BR"])
def test_a_list_of_codings_is_named(kind: str, client: str, coding: str) -> None:
    body = gzip.compress(BR_STREAM) if coding.endswith("gzip") else BR_STREAM
    with serve(body, coding) as server:
        error = fail(kind, client, server.url)
    if isinstance(error, IncompleteStreamError):  # it undid what it could, and failed on the rest
        assert "source failed" in str(error)
        assert f"(the body is in Content-Encoding {coding!r})" in str(error)
        assert error.__cause__ is not None
    elif error.body == body and coding == "br, gzip":  # it undid nothing: what is outermost tells itself
        assert "gzip data that was not decompressed" in str(error)
    else:
        check_named(error, coding, BR_STREAM)


@pytest.mark.parametrize(("kind", "client"), [("sync", "http.client"), ("sync", "urllib"), ("async", "aiohttp")])
def test_a_list_of_the_usual_codings_is_named_where_it_was_left(kind: str, client: str) -> None:
    body = zlib.compress(gzip.compress(STREAM))
    with serve(body, "gzip, deflate") as server:
        check_named(fail(kind, client, server.url), "gzip, deflate", body)


@each_kind
def test_a_coding_is_not_named_after_a_delta(kind: str, client: str) -> None:
    with serve(STREAM, "x-of-our-own", drop_after=1) as server:
        error = fail(kind, client, server.url)
    assert type(error) is IncompleteStreamError
    assert error.snapshot.text == "Hi"
    assert "Content-Encoding" not in str(error)


# Not named


@each_lenient_client
@pytest.mark.parametrize("coding", ["br", "gzip", "x-of-our-own"])
def test_a_stream_is_read_whatever_the_header_says(kind: str, client: str, coding: str) -> None:
    body = gzip.compress(STREAM) if coding == "gzip" else STREAM
    with serve(body, coding) as server:
        assert until_done(kind, client, server.url).text == "Hi"


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def aws_frame() -> bytes:
    """Make a frame without headers and payload."""
    prelude = (16).to_bytes(4, "big") + bytes(4)
    prelude += zlib.crc32(prelude).to_bytes(4, "big")
    return prelude + zlib.crc32(prelude).to_bytes(4, "big")


INNOCENT: Mapping[str, tuple[str, str, bytes, str]] = {  # coding, content type, body as it is sent, what is said
    "identity": ("identity", "text/event-stream", BR_SMALL, "text/event-stream, which"),
    "Identity": (" Identity ", "text/event-stream", BR_SMALL, "text/event-stream, which"),
    "decoded, binary": ("gzip", "text/event-stream", gzip.compress(PNG), "text/event-stream, which"),
    "decoded, text": ("gzip", "text/plain", gzip.compress(b"Hello\n"), 'text/plain, which begins "Hello'),
    "a label on text": ("br", "text/plain", b"Hello\tWorld \xe9\r\n", 'text/plain, which begins "Hello'),
    "HTML": ("br", "text/html", HTML, "text/html an HTML page, which"),
    "AWS frames": ("br", "application/octet-stream", aws_frame() * 2, "binary AWS event stream frames"),
    "an image": ("br", "image/png", PNG, "image/png, which"),
    "no body": ("br", "text/html", b"", "text/html, without a body"),
}


@each_lenient_client
@pytest.mark.parametrize("name", INNOCENT)
def test_the_header_is_not_blamed_for_another_fault(kind: str, client: str, name: str) -> None:
    coding, content_type, body, said = INNOCENT[name]
    with serve(body, coding, content_type=content_type) as server:
        error = fail(kind, client, server.url)
    assert type(error) is ResponseError
    assert said in str(error)
    assert "Content-Encoding" not in str(error)


@each_lenient_client
def test_an_api_error_under_a_wrong_label_is_still_one(kind: str, client: str) -> None:
    with serve(b'{"error": {"message": "m"}}', "br", status=429, content_type="application/json") as server:
        error = fail(kind, client, server.url)
    assert (type(error), str(error), error.status) == (ProviderError, "m (HTTP 429)", 429)
