"""A slow and obvious JSON Patch (RFC 6902), for the references."""

from __future__ import annotations

import json
from copy import deepcopy

from tests.reference.calls import Json, Object, an_object


def patched_by(state: Json, patch: Json) -> Json:
    """Give a state after a patch; one that does not apply, be it in its last operation, changes nothing."""
    made = deepcopy({} if state is None else state)
    try:
        for operation in patch:
            made = patched(made, an_object(operation))
    except (PatchError, TypeError, KeyError):
        return state
    return made


class PatchError(Exception):
    """A patch that does not apply."""


def patched(document: Json, operation: Object) -> Json:
    """Give the document after one operation of RFC 6902; it may be changed itself."""
    op, path = operation["op"], operation["path"]
    if not isinstance(path, str) or not isinstance(operation.get("from", ""), str):
        raise PatchError(path)
    if op == "test":
        if in_order(looked_up(document, path)) != in_order(operation["value"]):
            raise PatchError(path)
        return document
    if op == "add":
        return put(document, path, deepcopy(operation["value"]), new=True)
    if op == "replace":
        return put(document, path, deepcopy(operation["value"]), new=False)
    if op == "remove":
        return removed(document, path)
    if op == "copy":
        return put(document, path, deepcopy(looked_up(document, operation["from"])), new=True)
    if op == "move" and not path.startswith(operation["from"] + "/"):
        value = looked_up(document, operation["from"])
        return put(removed(document, operation["from"]), path, value, new=True)
    raise PatchError(op)


def in_order(value: Json) -> str:
    """Give text that is equal for equal values; in Python's eyes True is 1."""
    return json.dumps(value, sort_keys=True)


def steps_of(pointer: str) -> list[str]:
    """Give the names of a JSON Pointer, RFC 6901."""
    if pointer and not pointer.startswith("/"):
        raise PatchError(pointer)
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def looked_up(document: Json, pointer: str) -> Json:
    for step in steps_of(pointer):
        document = document[key_of(document, step)]
    return document


def key_of(owner: Json, step: str, *, new: bool = False) -> Json:
    """Give the key or the index that a step means, which has to be there but where `new` is put."""
    if isinstance(owner, list):
        at = len(owner) if step == "-" else index_of(step)
        if at < len(owner) + new:
            return at
    elif isinstance(owner, dict) and (new or step in owner):
        return step
    raise PatchError(step)


def index_of(step: str) -> int:
    if not (step.isascii() and step.isdigit()) or (step != "0" and step.startswith("0")):
        raise PatchError(step)
    return int(step)


def put(document: Json, pointer: str, value: Json, *, new: bool) -> Json:
    if pointer == "":
        return value
    owner = looked_up(document, pointer.rpartition("/")[0])
    key = key_of(owner, steps_of(pointer)[-1], new=new)
    if isinstance(owner, list) and new:
        owner.insert(key, value)
    else:
        owner[key] = value
    return document


def removed(document: Json, pointer: str) -> Json:
    if pointer == "":
        return None
    owner = looked_up(document, pointer.rpartition("/")[0])
    del owner[key_of(owner, steps_of(pointer)[-1])]
    return document
