"""What each API answers instead of a stream: the form of its errors, and its own word for a status.

Sources: the providers' references of their errors, and for what OpenAI sends with 401, 404 and 429 its own answers.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssewire import Dialect

_SERVER_ERROR = 500

# By status: type and code. Other statuses have the one of their class.
_OPENAI: dict[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
}
_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
# Those of google.rpc.Code.
_GOOGLE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def failure(status: int, message: str, dialect: Dialect | None = None, param: str | None = None) -> bytes:
    """Return the JSON body of a refused request.

    Args:
        status: the HTTP status that it goes with.
        message: what is wrong.
        dialect: the API; None for OpenAI's, which most others have taken over.
        param: of OpenAI's, what parameter of the request is wrong.
    """
    form = _FORMS.get(dialect or "")
    return json.dumps(form(status, message) if form else _openai(status, message, param)).encode()


def _openai(status: int, message: str, param: str | None) -> dict[str, Any]:
    kind, code = _word(_OPENAI, status)
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _anthropic(status: int, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": _word(_ANTHROPIC, status), "message": message}}


def _gemini(status: int, message: str) -> dict[str, Any]:
    return {"error": {"code": status, "message": message, "status": _word(_GOOGLE, status)}}


_FORMS: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "anthropic": _anthropic,
    "gemini": _gemini,
    "cohere-v2": lambda _status, message: {"message": message},
    "ollama": lambda _status, message: {"error": message},
}


def _word(words: dict[int, Any], status: int) -> Any:
    of_the_class = _SERVER_ERROR if status >= _SERVER_ERROR else HTTPStatus.BAD_REQUEST
    return words.get(status, words[of_the_class])
