"""What can go wrong with a stream. Every error that comes after the first byte carries the snapshot so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssewire._core import Snapshot

__all__ = ["EventTooLargeError", "IncompleteStreamError", "ProviderError", "ResponseError", "StreamError"]


class StreamError(Exception):
    """The base of all errors that ssewire raises of a stream or a response.

    Attributes:
        snapshot: What had been read when the error came; None where nothing could have been.
    """

    snapshot: Snapshot | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the message and the attributes, so that subclasses need no hook of their own."""
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[StreamError], args: tuple[Any, ...], state: dict[str, Any]) -> StreamError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ProviderError(StreamError):
    """The stream, or the response, carried an API error.

    Attributes:
        message: The provider's own words.
        code: The provider's code, a string with most and a number with some; None if there is none.
        type: The provider's error type; None if there is none.
        status: The HTTP status of the response, or the one that the error itself tells; None if unknown.
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


class IncompleteStreamError(StreamError):
    """The stream ended before its terminal, or the transport failed; then its exception is the `__cause__`.

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
        status: The HTTP status; None where the source has none.
        content_type: The `Content-Type` header as it came; None if there was none.
        body: The body, at most its first 64 KiB.
    """

    def __init__(self, message: str, *, status: int | None, content_type: str | None, body: bytes) -> None:
        super().__init__(message)
        self.status = status
        self.content_type = content_type
        self.body = body
