"""Validators of pydantic's core, made of schemas of our own."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from pydantic_core import SchemaValidator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import CoreSchema

_ONE_AT_A_TIME = threading.Lock()


def native(schema: CoreSchema) -> SchemaValidator:
    """Return the validator of a schema, and of no other.

    Unless told otherwise the core takes the validator that a class already has for the one that is asked for.

    Raises:
        SchemaError: It is no schema.
    """
    try:
        return SchemaValidator(schema, _use_prebuilt=False)
    except TypeError:  # before pydantic 2.13 it cannot be told
        with _ONE_AT_A_TIME, _as_if_new(set(_complete_classes(schema))):
            return SchemaValidator(schema)


@contextlib.contextmanager
def _as_if_new(classes: set[type[Any]]) -> Iterator[None]:
    """Let the classes look as if they had no validator yet; those who validate meanwhile do not look."""
    for cls in classes:
        cls.__pydantic_complete__ = False
    try:
        yield
    finally:
        for cls in classes:
            cls.__pydantic_complete__ = True


def _complete_classes(schema: Any) -> Iterator[type[Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "model" and vars(schema["cls"]).get("__pydantic_complete__"):
            yield schema["cls"]
        for inner in schema.values():
            yield from _complete_classes(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _complete_classes(inner)
