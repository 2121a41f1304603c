"""What sse-contract-tests asks of a client, and the HTML standard's 9.2: over real sockets, with every client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ssewire import EventTooLargeError, ProviderError, ResponseError, ServerSentEvent

from tests.support.cuts import cut_at
from tests.support.sse_server import KINDS, listening

if TYPE_CHECKING:
    from tests.support.sse_server import Connection

# Closed or not, httpx drops the generators inside its own, of which trio complains; of ours it must not.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:Async generator 'http(x|core)2?\.:ResourceWarning"),
    pytest.mark.usefixtures("no_descriptor_is_left"),
]
everywhere = pytest.mark.parametrize("kind", KINDS)


def header(connection: Connection, name: str) -> bytes | None:
    return connection.request.headers.get(name)


# The request


@everywhere
def test_the_request_is_a_get_that_asks_for_an_event_stream(kind: str) -> None:
    with listening(kind) as (server, _):
        connection = server.next()
        assert connection.request[:2] == ("GET", "/events")
        assert header(connection, "accept") == b"text/event-stream"
        assert header(connection, "cache-control") == b"no-cache"
        assert header(connection, "last-event-id") is None


@everywhere
def test_the_caller_s_headers_are_sent_and_count_more(kind: str) -> None:
    headers = {"X-One": "1", "accept": "text/event-stream, */*;q=0.1", "Last-Event-ID": "theirs"}
    before = dict(headers)
    with listening(kind, headers=headers) as (server, listener):
        connection = server.next()
        assert header(connection, "x-one") == b"1"
        assert header(connection, "accept") == b"text/event-stream, */*;q=0.1"
        assert header(connection, "last-event-id") == b"theirs"
        connection.answer().send(b"id: ours\ndata: x\n\n").end()
        listener.event()
        connection = server.next()
        assert header(connection, "x-one") == b"1"
        assert header(connection, "last-event-id") == b"ours"
        assert headers == before


@everywhere
@pytest.mark.parametrize("method", ["POST", "REPORT", "PUT"])
@pytest.mark.parametrize("body", ['{"text": "caf\u00e9"}', '{"text": "caf\u00e9"}'.encode()])
def test_method_and_body_are_sent_each_time(kind: str, method: str, body: str | bytes) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    with listening(kind, method=method, body=body, headers=headers) as (server, _):
        for _ in range(2):
            connection = server.next()
            assert connection.request.method == method
            assert connection.request.body == b'{"text": "caf\xc3\xa9"}'
            assert header(connection, "content-type") == b"application/json; charset=utf-8"
            connection.answer().end()
        server.next().answer(204)


@everywhere
def test_the_initial_last_event_id_is_sent_and_is_that_of_events_without_one(kind: str) -> None:
    with listening(kind, last_event_id="abc") as (server, listener):
        connection = server.next()
        assert header(connection, "last-event-id") == b"abc"
        connection.answer().send(b"data: x\n\n").end()
        assert listener.event() == ServerSentEvent(data="x", id="abc")
        assert header(server.next(), "last-event-id") == b"abc"


# Events


@everywhere
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_fields_and_line_ends(kind: str, end: str) -> None:
    lines = ["\ufeffevent: a", "data: 1", "data:2", "", ":c", "retry: 7", "id: i", "data", "", "data: last", "", ""]
    with listening(kind) as (server, listener):
        connection = server.next().answer()
        body = end.join(lines).encode()
        for piece in cut_at(body, range(1, len(body), 5)):
            connection.send(piece)
        assert listener.event() == ServerSentEvent("a", "1\n2")
        assert listener.heard() == ("comment", "c")
        assert listener.event() == ServerSentEvent(data="", id="i", retry=7)
        assert listener.event() == ServerSentEvent(data="last", id="i")
        assert listener.source.ready_state == "open"


@everywhere
def test_comments_are_heard_as_soon_as_they_come(kind: str) -> None:
    with listening(kind) as (server, listener):
        connection = server.next().answer().send(b":Hello\n")
        assert listener.heard() == ("comment", "Hello")
        connection.send(b": World\r")
        assert listener.heard() == ("comment", "World")
        connection.send(b"\ndata: x\n\n:behind\n")
        assert listener.event().data == "x"
        assert listener.heard() == ("comment", "behind")


@everywhere
def test_large_events(kind: str) -> None:
    text = "caf\u00e9" * 500_000
    with listening(kind) as (server, listener):
        connection = server.next().answer()
        body = f"data: {text}\n\n".encode()
        for at in range(0, len(body), 50_000):
            connection.send(body[at : at + 50_000])
        assert listener.event().data == text


@everywhere
def test_an_event_over_the_limit_is_final(kind: str) -> None:
    """It would come again."""
    with listening(kind, max_event_size=10) as (server, listener):
        server.next().answer().send(b"data: a\n\ndata: too long\n\n")
        assert listener.event().data == "a"
        assert isinstance(listener.error(), EventTooLargeError)
        assert isinstance(listener.raised(), EventTooLargeError)
        assert listener.source.ready_state == "closed"


# Reconnecting


@everywhere
@pytest.mark.parametrize("how", ["end", "cut", "reset"])
def test_it_reconnects_with_the_last_id(kind: str, how: str) -> None:
    with listening(kind) as (server, listener):
        connection = server.next().answer().send(b"id: abc\ndata: Hello\n\ndata: World\n\n")
        assert listener.event() == ServerSentEvent(data="Hello", id="abc")
        assert listener.event() == ServerSentEvent(data="World", id="abc")
        getattr(connection, how)()
        connection = server.next()
        assert header(connection, "last-event-id") == b"abc"
        if how != "end":  # which is no error
            error = listener.error()
            assert listener.source.error is error
        connection.answer().send(b"id: def\ndata: again\n\n")
        assert listener.event() == ServerSentEvent(data="again", id="def")


@everywhere
def test_an_empty_id_takes_the_id_back(kind: str) -> None:
    with listening(kind) as (server, listener):
        connection = server.next().answer().send(b"id: abc\ndata: Hello\n\nid\ndata: World\n\n")
        assert (listener.event().id, listener.event().id) == ("abc", "")
        connection.end()
        assert header(server.next(), "last-event-id") is None


@everywhere
def test_an_event_that_is_left_half_is_dropped_with_its_id(kind: str) -> None:
    with listening(kind) as (server, listener):
        server.next().answer().send(b"id: abc\ndata: Hello\n\nid: def\nretry: 99\ndata: Goodbye").cut()
        assert listener.event() == ServerSentEvent(data="Hello", id="abc")
        listener.error()
        connection = server.next()
        assert header(connection, "last-event-id") == b"abc"
        connection.answer().send(b"\ndata: We meet again\n\n")
        assert listener.event() == ServerSentEvent(data="We meet again", id="abc")


@everywhere
def test_every_event_once_and_in_order_over_a_server_that_honours_the_id(kind: str) -> None:
    """Each connection breaks at another place: inside a line, a line end, between events."""
    events = [f"id: {number}\ndata: {number}\n\n".encode() for number in range(20)]
    with listening(kind) as (server, listener):
        heard: list[int] = []
        for place in range(1, 40, 3):
            connection = server.next()
            after = int(header(connection, "last-event-id") or b"-1") + 1
            body = b"".join(events[after:])[:place]
            connection.answer().send(body).cut()
            while (told := listener.heard())[0] == "event":
                heard.append(int(told[1].data))
            assert told[0] == "error"
        assert heard == list(range(len(heard)))
        assert len(heard) > 8


@everywhere
@pytest.mark.parametrize("value", ["caf\u00e9 \u2713", "a b\tc", "{}", "x" * 4096])
def test_ids_that_a_header_can_carry(kind: str, value: str) -> None:
    with listening(kind) as (server, listener):
        server.next().answer().send(f"id: {value}\ndata: x\n\n".encode()).end()
        assert listener.event().id == value
        assert header(server.next(), "last-event-id") == value.encode()


@everywhere
@pytest.mark.parametrize("value", ["\x01", "a\x7f", " leading", "trailing ", "\t", "x" * 5000])
def test_ids_that_no_header_can_carry_are_left_out(kind: str, value: str) -> None:
    """They would end every later connection before it began."""
    with listening(kind) as (server, listener):
        server.next().answer().send(f"id: {value}\ndata: x\n\n".encode()).end()
        assert listener.event().id == value
        connection = server.next()
        assert header(connection, "last-event-id") is None
        connection.answer().send(b"data: y\n\n")
        assert listener.event() == ServerSentEvent(data="y", id=value)
        assert listener.source.last_event_id == value


@everywhere
def test_a_silent_connection_is_dropped(kind: str) -> None:
    with listening(kind, read_timeout=0.2) as (server, listener):
        connection = server.next().answer().send(b"data: Hello\n\n")
        assert listener.event().data == "Hello"
        assert "timeout" in type(listener.error()).__name__.lower() or "timed out" in str(listener.source.error)
        connection.wait_gone()
        server.next().answer().send(b"data: x\n\n")
        assert listener.event().data == "x"


@everywhere
def test_a_server_that_does_not_answer_is_left(kind: str) -> None:
    with listening(kind, read_timeout=0.2) as (server, listener):
        connection = server.next()
        listener.error()
        connection.wait_gone()
        server.next()


# What is no event stream


@everywhere
def test_204_stops_it_for_good(kind: str) -> None:
    with listening(kind) as (server, listener):
        server.next().answer(204)
        listener.ended()
        assert server.is_idle()
        assert listener.source.error is None


@everywhere
def test_204_stops_it_after_events_too(kind: str) -> None:
    with listening(kind) as (server, listener):
        server.next().answer().send(b"data: x\n\n").end()
        listener.event()
        server.next().answer(204)
        listener.ended()
        assert server.is_idle()


@everywhere
@pytest.mark.parametrize("status", [400, 401, 404, 201, 304])
def test_a_wrong_status_is_told_and_raised(kind: str, status: int) -> None:
    with listening(kind) as (server, listener):
        connection = server.next()
        if status == 304:
            connection.answer(304).close()
        else:
            connection.refuse(status, b"go away")
        error = listener.error()
        assert isinstance(error, ResponseError)
        assert (error.status, error.body) == (status, b"" if status == 304 else b"go away")
        assert listener.raised() is error
        assert server.is_idle()


@everywhere
@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 599])
def test_a_status_that_may_pass_is_told_and_retried(kind: str, status: int) -> None:
    with listening(kind) as (server, listener):
        server.next().refuse(status)
        assert listener.error().status == status
        server.next().answer().send(b"data: x\n\n")
        assert listener.event().data == "x"


@everywhere
@pytest.mark.parametrize(
    ("type_", "body"), [("text/html", b"<p>"), ("application/json", b"{}"), (None, b"data: x\n\n")]
)
def test_a_wrong_content_type_is_told_and_raised(kind: str, type_: Any, body: bytes) -> None:
    with listening(kind) as (server, listener):
        server.next().answer(200, type_).send(body).end()
        error = listener.error()
        assert isinstance(error, ResponseError)
        assert (error.status, error.content_type) == (200, type_)
        assert listener.raised() is error


@everywhere
def test_an_api_s_error_is_a_provider_error(kind: str) -> None:
    with listening(kind) as (server, listener):
        server.next().refuse(401, b'{"error":{"message":"no key","type":"auth"}}', "application/json")
        error = listener.error()
        assert isinstance(error, ProviderError)
        assert (error.message, error.status) == ("no key", 401)
        assert listener.raised() is error


@everywhere
def test_types_with_parameters_and_in_capitals_are_event_streams(kind: str) -> None:
    with listening(kind) as (server, listener):
        server.next().answer(200, "Text/Event-Stream;charset=UTF-8").send(b"data: x\n\n")
        assert listener.event().data == "x"


@everywhere
def test_the_listener_for_errors_decides(kind: str) -> None:
    with listening(kind, on_error=lambda error: error.status == 404) as (server, listener):
        server.next().refuse(404)
        assert listener.error().status == 404
        server.next().refuse(503)
        assert listener.error().status == 503
        assert listener.raised().status == 503


@everywhere
def test_a_refused_connection_is_retried(kind: str) -> None:
    with listening(kind) as (server, listener):
        connection = server.next()
        server.listener.close()
        connection.answer().send(b"data: x\n\n").end()
        assert listener.event().data == "x"
        for _ in range(3):
            assert listener.error() is not None
        assert listener.source.ready_state == "connecting"


@everywhere
def test_what_no_second_try_mends_is_raised(kind: str) -> None:
    with listening(kind, client=lambda pair: (pair[0], "gopher://127.0.0.1/")) as (_, listener):
        assert listener.error() is listener.raised()
