"""A legacy function call (`functions`, not `tools`), as some servers still send them.

Run it:

    python examples/legacy_function_call.py [BASE_URL]
"""

from __future__ import annotations

import json
import os
from typing import Any

import requests
import ssewire
from provider import provider

HEADERS = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"} if "OPENAI_API_KEY" in os.environ else {}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTIONS = [{"name": "forecast", "parameters": CITY}]


def ask(base_url: str, messages: list[dict[str, Any]]) -> ssewire.Snapshot:
    """Ask for an answer and read it to its end."""
    body = {
        "model": os.environ.get("OPENAI_MODEL", "demo-1"),
        "messages": messages,
        "functions": FUNCTIONS,
        "stream": True,
    }
    response = requests.post(f"{base_url}/chat/completions", json=body, headers=HEADERS, stream=True, timeout=60)
    return ssewire.collect(response)  # which closes it, too


def main(base_url: str) -> None:
    """Ask, call the function if the model wants it, and ask again with its result."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Where is it warmer, in Oslo or in Lisbon?"}]
    snapshot = ask(base_url, messages)
    for call in snapshot.tool_calls:  # a legacy call is a tool call without an id; there is at most one
        print(f"{call.type}: {call.name}({call.arguments})")
        result = {**call.parse(), "celsius": 21}
        messages += [
            snapshot.to_dict()["choices"][0]["message"],  # {"role": …, "function_call": {"name": …, "arguments": …}}
            {"role": "function", "name": call.name, "content": json.dumps(result)},
        ]
        snapshot = ask(base_url, messages)
    print(snapshot.text)


if __name__ == "__main__":
    with provider("function_call.sse", "forecast_answer.sse") as base_url:
        main(base_url)
