"""Validation by tag: a class's own schema, with the unions inside told apart by their tags.

Pydantic validates a union by trying its members one after the other. Where each member has a field of the same name
whose literals no other member has, at most one of them can validate, and a look at that field tells which: the result
is the same, and so is the failure.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ssewire.integrations._native import native

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import SchemaValidator

# What stands in a schema and is no schema.
_OPAQUE = frozenset({"cls", "config", "expected", "metadata", "serialization"})


@lru_cache(maxsize=1024)
def tagged_validator(cls: type[BaseModel]) -> SchemaValidator:
    """Return what validates as `cls` does, without its detours.

    Raises:
        SchemaError: Pydantic does not know its own schema again.
    """
    cls.model_rebuild()  # does nothing, unless the class was never used
    return native(_retold(cls.__pydantic_core_schema__))


def _retold(schema: Any) -> Any:
    if isinstance(schema, dict):
        copied = {key: value if key in _OPAQUE else _retold(value) for key, value in schema.items()}
        return (_by_tag(copied) or copied) if copied.get("type") == "union" else copied
    if isinstance(schema, list):
        return [_retold(item) for item in schema]
    return schema


def _by_tag(union: dict[str, Any]) -> dict[str, Any] | None:
    """Return a union as one that is told apart by a tag; None where there is none."""
    members = union["choices"]
    if not all(map(_is_plain_model, members)):
        return None
    for tag in members[0]["schema"]["fields"]:
        if choices := _choices(tag, members):
            return {"type": "tagged-union", "discriminator": tag, "choices": choices}
    return None


def _is_plain_model(schema: Any) -> bool:
    """Whether nothing is done to a payload before its fields are looked at."""
    if not isinstance(schema, dict) or schema["type"] != "model" or schema.get("custom_init"):
        return False
    return bool(schema["schema"]["type"] == "model-fields")


def _choices(tag: str, members: list[dict[str, Any]]) -> dict[str, Any]:
    choices: dict[str, Any] = {}
    for member in members:
        values = literals(member["schema"]["fields"].get(tag))
        if not values or not choices.keys().isdisjoint(values):
            return {}
        choices.update(dict.fromkeys(values, member))
    return choices


def literals(field: dict[str, Any] | None) -> list[str]:
    """Return the strings that a field of a schema has to be one of; none where it may be something else."""
    if field is None or "validation_alias" in field:
        return []
    schema = field["schema"]
    while schema["type"] == "default":
        schema = schema["schema"]
    values = schema["expected"] if schema["type"] == "literal" else []
    return values if all(type(value) is str for value in values) else []
