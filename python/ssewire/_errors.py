"""What can go wrong with a stream.

Every error that comes after the first byte carries the snapshot so far, and every error of a response the response's
status and headers: `except StreamError as error: if error.status == 401` holds whatever the body was.
"""

from __future__ import annotations

from typing import Any

from ssewire._core import Snapshot
from ssewire._json import show

__all__ = ["EventTooLargeError", "IncompleteStreamError", "ProviderError", "ResponseError", "StreamError"]

_HTTP_ERROR = 400
_LONGEST_DELAY = 15  # characters; beyond thirty million years nobody means what is said

# Where the providers' gateways put it: OpenAI and those after it, Anthropic, Azure, Amazon Bedrock.
_REQUEST_ID = ("x-request-id", "request-id", "apim-request-id", "x-amzn-requestid")


class StreamError(Exception):
    """The base of all errors that ssewire raises of a stream or a response.

    Attributes:
        snapshot: What had been read when the error came; None where nothing could have been.
        status: The response's HTTP status; None where there is no response, and of an API error inside a stream.
    """

    snapshot: Snapshot | None = None
    status: int | None = None
    _headers: dict[str, str] | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The response's header fields, their names in lower case; empty where there is no response."""
        return self._headers or {}

    @property
    def request_id(self) -> str | None:
        """What the provider calls the request, for its support; None where it did not say."""
        found = (self.headers.get(name) for name in _REQUEST_ID)
        return next((value for value in found if value), None)

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait before asking again, as the response says; None where it does not.

        From `retry-after-ms` (Azure, OpenAI), or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), which
        counts from the response's own `Date`.
        """
        return asked_delay(self.headers)

    def _told_by(self, status: int | None, headers: dict[str, str]) -> None:
        """Take what the response says."""
        self.status = status
        self._headers = headers

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the message and the attributes, so that subclasses need no hook of their own."""
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[StreamError], args: tuple[Any, ...], state: dict[str, Any]) -> StreamError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def asked_delay(headers: dict[str, str]) -> float | None:
    """Return the seconds that a response asks to be waited for, as `StreamError.retry_after` has it."""
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    told = headers.get("retry-after")
    seconds = _seconds(told)
    return _until(told, headers.get("date")) if seconds is None else seconds


def _seconds(number: str | None) -> float | None:
    """Read what RFC 9110 calls delay-seconds; some servers send fractions."""
    text = (number or "").strip()
    digits = text.replace(".", "", 1)
    return float(text) if len(text) <= _LONGEST_DELAY and digits.isascii() and digits.isdigit() else None


def _until(date: str | None, now: str | None) -> float | None:
    """Return the seconds from one HTTP date to another, or from the present one; at least 0."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - seldom needed, and takes long to import
    from time import time  # noqa: PLC0415

    def moment(text: str) -> float | None:
        try:
            return parsedate_to_datetime(text).timestamp()
        except (ValueError, OverflowError):
            return None  # no date, or none that can be reckoned with: then it says nothing

    end = moment(date) if date else None
    begin = moment(now) if now else None
    return None if end is None else max(0.0, end - (time() if begin is None else begin))


def _short(text: str) -> str:
    """Return as much of a code as is worth reading; it may be a number of thousands of digits."""
    most = 80
    return text if len(text) <= most else f"{text[:most]}…"


class ProviderError(StreamError):
    """The stream, or the response, carried an API error.

    As a text it is the message, and in brackets its HTTP status, type and code.

    Attributes:
        message: The provider's own words.
        code: The provider's code, a string with most and a number with some; None if there is none.
        type: The provider's error type; None if there is none.
        status: The HTTP status of the response where it failed, else the one that the error itself tells; None if
            neither does.
        body: The error as it was sent: parsed JSON, or the text where it is none.
        snapshot: What had been read before the error; None where the response itself was the error.
    """

    def __init__(  # noqa: PLR0913 - an error's parts, by name
        self,
        message: str,
        *,
        code: str | int | None = None,
        type: str | None = None,  # noqa: A002 - the APIs' own word
        status: int | None = None,
        body: Any = None,
        snapshot: Snapshot | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.type = type
        self.status = status
        self.body = body
        self.snapshot = snapshot

    @property
    def request_id(self) -> str | None:
        """What the provider calls the request, for its support; None where it did not say.

        Anthropic says it in the body too, also of an error inside a stream.
        """
        told = self.body.get("request_id") if isinstance(self.body, dict) else None
        return super().request_id or (told if isinstance(told, str) else None)

    def _told_by(self, status: int | None, headers: dict[str, str]) -> None:
        """Take what the response says. One that succeeded says nothing of the error in its stream."""
        own = self.status
        super()._told_by(status, headers)
        if status is None or status < _HTTP_ERROR:
            self.status = own

    def __str__(self) -> str:
        told = self._details()
        return f"{self.message} ({', '.join(told)})" if told else self.message

    def __repr__(self) -> str:
        known = {"status": self.status, "type": self.type, "code": self.code}
        named = [f", {name}={_short(show(value))}" for name, value in known.items() if value is not None]
        return f"{type(self).__name__}({self.message!r}{''.join(named)})"

    def _details(self) -> list[str]:
        """Say what is known beside the message; each thing once: some put the status, or the type, into the code."""
        told = [] if self.status is None else [f"HTTP {self.status}"]
        told += [f"type {self.type}"] * bool(self.type)
        if self.code is not None and self.code not in (self.status, str(self.status), self.type, ""):
            told.append(f"code {_short(self.code if isinstance(self.code, str) else show(self.code))}")
        return told


class IncompleteStreamError(StreamError):
    """The stream ended before its terminal, or the source failed; then its exception is the `__cause__`.

    Attributes:
        snapshot: What had been read.
    """

    snapshot: Snapshot

    def __init__(self, message: str, *, snapshot: Snapshot) -> None:
        super().__init__(message)
        self.snapshot = snapshot


class EventTooLargeError(StreamError):
    """An event is larger than `max_event_size`, or it crosses a limit of the whole stream; the message says which.

    Attributes:
        size: Bytes of the event when it crossed the limit: one more than it. Of a limit of the whole: the bytes,
            choices or tool calls that are kept.
        limit: The limit.
        snapshot: What had been read, where deltas are accumulated.
    """

    def __init__(self, message: str, size: int, limit: int) -> None:
        super().__init__(message)
        self.size = size
        self.limit = limit


class ResponseError(StreamError):
    """The response is no event stream at all: an HTTP error, HTML, other JSON, binary frames.

    Attributes:
        content_type: The `Content-Type` header as it came; None if there was none.
        body: The body, at most its first 64 KiB.
    """

    def __init__(self, message: str, *, status: int | None, content_type: str | None, body: bytes) -> None:
        super().__init__(message)
        self.status = status
        self.content_type = content_type
        self.body = body
