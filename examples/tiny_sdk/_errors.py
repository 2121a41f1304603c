"""What the SDK raises: nothing else comes out of it, whatever it is built on."""

from __future__ import annotations


class SdkError(Exception):
    """Any failure of the service or of the way to it."""


class ConnectionFailedError(SdkError):
    """The request could not be sent, or the connection broke; the HTTP client's exception is the `__cause__`."""


class TruncatedError(SdkError):
    """The stream ended before its `finished` event."""


class APIError(SdkError):
    """The service says that something is wrong, or says what cannot be understood.

    Attributes:
        code: The service's own word for it.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
