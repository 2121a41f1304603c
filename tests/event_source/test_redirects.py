"""Redirects: followed as the Fetch standard has it (4.4), with nothing secret for another origin."""

from __future__ import annotations

from typing import Any

import aiohttp
import httpx
import pytest
from ssewire import ResponseError

from tests.support.sse_server import KINDS, Listener, SseServer, listening

# Closed or not, httpx drops the generators inside its own, of which trio complains; of ours it must not.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:Async generator 'http(x|core)2?\.:ResourceWarning"),
    pytest.mark.usefixtures("no_descriptor_is_left"),
]
everywhere = pytest.mark.parametrize("kind", KINDS)
SECRETS = {
    "Authorization": "Bearer secret",
    "Cookie": "id=secret",
    "Proxy-Authorization": "secret",
    "X-API-Key": "secret",
    "x-goog-api-key": "secret",
    "X-Auth-Token": "secret",
    "X-Amz-Security-Token": "secret",
}
OTHERS = {"X-Tenant": "t", "Accept-Language": "de"}


@everywhere
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_the_next_request_goes_to_the_first_url(kind: str, status: int) -> None:
    with listening(kind, headers={**SECRETS, **OTHERS}, last_event_id="7") as (server, listener):
        first = server.next()
        first.refuse(status, Location="/other?a=1")
        second = server.next()
        assert second.request.path == "/other?a=1"
        for name in (*SECRETS, *OTHERS, "Last-Event-ID", "Accept", "Cache-Control"):
            assert second.request.headers[name.lower()] == first.request.headers[name.lower()], name
        second.answer().send(b"data: x\n\n").end()
        assert listener.event().data == "x"
        assert server.next().request.path == "/events"
        assert listener.source.error is None


@everywhere
@pytest.mark.parametrize(
    ("status", "method", "after"),
    [
        *((301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (303, "REPORT", "GET")),
        *((307, "POST", "POST"), (308, "POST", "POST"), (301, "REPORT", "REPORT"), (302, "PUT", "PUT")),
    ],
)
def test_what_becomes_of_method_and_body(kind: str, status: int, method: str, after: str) -> None:
    headers = {"Content-Type": "application/json", "X-Tenant": "t"}
    with listening(kind, method=method, body=b"{}", headers=headers) as (server, _):
        server.next().refuse(status, Location="/other")
        request = server.next().request
        kept = after == method
        assert (request.method, request.body) == (after, b"{}" if kept else b"")
        assert ("content-type" in request.headers) == kept
        assert request.headers["x-tenant"] == b"t"


@everywhere
@pytest.mark.parametrize("status", [301, 307])
def test_another_origin_gets_no_credentials(kind: str, status: int) -> None:
    with SseServer() as other, listening(kind, headers={**SECRETS, **OTHERS}, last_event_id="7") as (server, listener):
        server.next().refuse(status, Location=other.url)
        connection = other.next()
        assert connection.request.path == "/events"
        assert not [name for name in SECRETS if name.lower() in connection.request.headers]
        assert b"secret" not in b"".join(connection.request.headers.values())
        for name in (*OTHERS, "Last-Event-ID", "Accept", "Cache-Control"):
            assert name.lower() in connection.request.headers, name
        connection.answer().send(b"data: x\n\n").end()
        assert listener.event().data == "x"
        # Back at the origin that the caller named, they are sent again.
        assert server.next().request.headers["x-api-key"] == b"secret"


@everywhere
def test_what_the_client_adds_by_itself_is_for_its_own_origin(kind: str) -> None:
    def with_secrets(pair: tuple[Any, str]) -> tuple[Any, str]:
        client, url = pair
        headers = client.headers
        if isinstance(client, aiohttp.ClientSession):
            headers = client._default_headers  # noqa: SLF001 - the constructor's, as its users give them
            client.cookie_jar.update_cookies({"id": "secret"})
        else:
            client.auth, client.params = ("me", "secret"), {"key": "secret"}
            client.cookies.set("id", "secret")
        headers["X-API-Key"] = "secret"
        return client, url

    with SseServer() as other, listening(kind, client=with_secrets) as (server, listener):
        first = server.next()
        assert first.request.headers["x-api-key"] == b"secret"
        assert ("authorization" in first.request.headers) == (kind != "aiohttp")
        first.refuse(307, Location=f"{other.origin}/there")
        connection = other.next()
        assert connection.request.path == "/there"
        assert not {"authorization", "cookie", "x-api-key"} & connection.request.headers.keys()
        connection.answer().send(b"data: x\n\n")
        assert listener.event().data == "x"


@everywhere
def test_credentials_stay_away_once_they_were_dropped(kind: str) -> None:
    with SseServer() as other, listening(kind, headers=SECRETS) as (server, listener):
        server.next().refuse(302, Location=other.url)
        other.next().refuse(302, Location=f"{server.origin}/back")
        connection = server.next()
        assert connection.request.path == "/back"
        assert "x-api-key" not in connection.request.headers
        connection.answer().send(b"data: x\n\n")
        assert listener.event().data == "x"


@everywhere
@pytest.mark.parametrize("status", [301, 307])
@pytest.mark.parametrize("location", [None, "", " ", "ftp://127.0.0.1/", "data:text/event-stream,"])
def test_a_redirect_that_leads_nowhere_is_an_error(kind: str, status: int, location: str | None) -> None:
    with listening(kind) as (server, listener):
        fields: Any = {} if location is None else {"Location": location}
        server.next().refuse(status, **fields)
        error = listener.error()
        assert listener.raised() is error
        if not isinstance(error, httpx.InvalidURL):  # httpx looks at the field before anybody else
            assert isinstance(error, ResponseError)
            assert error.status == status
            assert "redirect" in str(error)
        assert server.is_idle()


@everywhere
def test_a_location_that_cannot_be_read_is_an_error(kind: str) -> None:
    """requests and httpx read it before anybody else, and raise their own."""
    with listening(kind, on_error=lambda _: False) as (server, listener):
        server.next().refuse(301, Location="http://[::1")
        assert listener.error() is listener.raised()
        assert server.is_idle()


@everywhere
def test_a_circle_ends(kind: str) -> None:
    with listening(kind) as (server, listener):
        for _ in range(21):
            server.next().refuse(302, Location="/events")
        assert "behind 20 others" in str(listener.error())
        listener.raised()
        assert server.is_idle()


def test_a_redirect_may_be_retried_by_who_says_so() -> None:
    with SseServer() as server, Listener("requests", server.url, on_error=lambda _: True) as listener:
        server.next().refuse(301)
        listener.error()
        server.next().answer().send(b"data: x\n\n")
        assert listener.event().data == "x"
