"""What is answered instead of a stream has the form of the API whose stream it would have been."""

from __future__ import annotations

import json
from typing import Any

import pytest
import ssewire
from ssewire.replay.failures import failure


@pytest.mark.parametrize(
    ("dialect", "status", "body"),
    [
        (None, 429, {"error": {"message": "no", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}),
        (
            "openai-chat",
            418,
            {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}},
        ),
        ("openai-responses", 503, {"error": {"message": "no", "type": "server_error", "param": None, "code": None}}),
        ("anthropic", 429, {"type": "error", "error": {"type": "rate_limit_error", "message": "no"}}),
        ("anthropic", 529, {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}),
        ("anthropic", 502, {"type": "error", "error": {"type": "api_error", "message": "no"}}),
        ("gemini", 429, {"error": {"code": 429, "message": "no", "status": "RESOURCE_EXHAUSTED"}}),
        ("gemini", 418, {"error": {"code": 418, "message": "no", "status": "INVALID_ARGUMENT"}}),
        ("cohere-v2", 429, {"message": "no"}),
        ("ollama", 404, {"error": "no"}),
    ],
)
def test_forms(dialect: Any, status: int, body: dict[str, Any]) -> None:
    encoded = failure(status, "no", dialect)
    assert json.loads(encoded) == body
    with pytest.raises(ssewire.ProviderError) as caught:
        ssewire.collect(encoded)
    assert caught.value.message == "no"


def test_the_parameter() -> None:
    assert json.loads(failure(400, "no", param="stream"))["error"]["param"] == "stream"
