"""Tool calls: execute what the model asks for, and answer in a second request.

Run it:

    python examples/tool_calls.py [BASE_URL]
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import httpx
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}
MAX_REQUESTS = 5  # a model may ask for further calls, but not for ever

CITY = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "forecast", "parameters": CITY}}]


def forecast(city: str, days: int = 1, **_: Any) -> dict[str, Any]:
    """Tell the weather, without looking out of the window."""
    return {"city": city, "celsius": [len(city) * 3] * days}


FUNCTIONS = {"forecast": forecast}


def execute(call: ssewire.ToolCall) -> dict[str, Any]:
    """Run one call and return its result as a message; what goes wrong is told to the model."""
    print(f"{call.name}({call.arguments})")
    try:
        result = FUNCTIONS[call.name or ""](**call.parse())
    except (KeyError, TypeError, ValueError) as error:  # no such function, other parameters, no JSON
        result = {"error": repr(error)}
    return {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}


def main(base_url: str) -> None:
    """Ask until the answer calls no tools."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Where is it warmer, in Oslo or in Lisbon?"}]
    body = {"model": os.environ.get("OPENAI_MODEL", "demo-1"), "messages": messages, "tools": TOOLS, "stream": True}
    with httpx.Client(base_url=base_url, headers=HEADERS, timeout=60) as client:
        for _ in range(MAX_REQUESTS):
            with client.stream("POST", "chat/completions", json=body) as response:
                snapshot = ssewire.collect(response)
            print(snapshot.text)
            if not snapshot.tool_calls:  # not by the finish reason: some servers say "stop" beside their calls
                return
            messages.append(snapshot.to_dict()["choices"][0]["message"])
            messages.extend(execute(call) for call in snapshot.tool_calls)
    sys.exit(f"no answer after {MAX_REQUESTS} requests")


if __name__ == "__main__":
    with provider("tools.sse", "forecast_answer.sse") as base_url:
        main(base_url)
