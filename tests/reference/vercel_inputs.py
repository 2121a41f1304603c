"""What is certain of an input while it arrives, for the slow reference of the AI SDK's streams."""

from __future__ import annotations

import json

from tests.reference import partial
from tests.reference.calls import Json, is_json


def certain(text: str) -> Json:
    """Give what is certain of the input so far."""
    if is_json(text):
        return json.loads(text)
    try:
        value = partial.certain(text)
    except AssertionError:
        return whole_before(text)
    return {} if value is partial.NOTHING else value


def whole_before(text: str) -> Json:
    """Give the value that stands before what can be no JSON; an empty object where there is none."""
    try:
        return json.JSONDecoder().raw_decode(text.lstrip())[0]
    except ValueError:
        return {}
