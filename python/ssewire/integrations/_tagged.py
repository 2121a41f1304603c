"""Validation by tag: a member's schema out of a union's, with the unions inside told apart by their tags.

Pydantic validates a union by trying its members one after the other. Where each member has a field of the same name
whose literals no other member has, at most one of them can validate, and a look at that field tells which: the result
is the same, and so is the failure.

The schemas are those of the validator of the whole union, which the SDK has made before: to have pydantic make each
member's again takes longer than everything else about a first stream.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from ssewire.integrations._native import native

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import SchemaValidator

    Schema = dict[str, Any]

# What stands in a schema and is no schema.
_OPAQUE = frozenset({"cls", "config", "expected", "metadata", "serialization"})


@lru_cache(maxsize=64)
def members_of(models: Any, union: Any) -> Members:
    """Return the members of a union, by the schema of the validator that the SDK keeps of it.

    Args:
        models: The `_models` module of the SDK.
        union: The union, without annotations: so the SDK asks for its validator.
    """
    return Members(models.TypeAdapter(union).core_schema)


class Members:
    """The members of a union.

    Args:
        schema: The union's.
    """

    def __init__(self, schema: Schema) -> None:
        self._definitions: dict[str, Schema] = {}
        while schema["type"] == "definitions":
            self._definitions.update((definition["ref"], definition) for definition in schema["definitions"])
            schema = schema["schema"]
        self._union = schema
        models = map(self._resolve, schema["choices"] if schema["type"] == "union" else [])
        self._models = {model["cls"]: model for model in models if model["type"] == "model"}
        self._validators: dict[type[Any], SchemaValidator] = {}

    def validator(self, cls: type[BaseModel]) -> SchemaValidator:
        """Return what validates as a member does, without its detours.

        A member that refers to nothing has a validator of its own, which is the fastest. The others share that of the
        union: they refer to much of the same, and each would have it built again.

        Raises:
            KeyError: It is no member.
            SchemaError: Pydantic does not know its own schema again.
        """
        if cls not in self._validators:
            model = self._models[cls]
            self._validators[cls] = self._whole if _refers(model) else native(self._retold(model))
        return self._validators[cls]

    @cached_property
    def _whole(self) -> SchemaValidator:
        union, *definitions = map(self._retold, (self._union, *self._definitions.values()))
        return native({"type": "definitions", "schema": union, "definitions": definitions})

    def _resolve(self, schema: Any) -> Schema:
        while schema["type"] == "definition-ref":
            schema = self._definitions[schema["schema_ref"]]
        return schema  # type: ignore[no-any-return]

    def _retold(self, schema: Any) -> Any:
        if isinstance(schema, dict):
            copied = {key: value if key in _OPAQUE else self._retold(value) for key, value in schema.items()}
            return (self._by_tag(copied) or copied) if copied.get("type") == "union" else copied
        if isinstance(schema, list):
            return [self._retold(item) for item in schema]
        return schema

    def _by_tag(self, union: Schema) -> Schema | None:
        """Return a union as one that is told apart by a tag; None where there is none."""
        if not all(isinstance(choice, dict) for choice in union["choices"]):
            return None
        members = [self._resolve(choice) for choice in union["choices"]]
        if not all(map(_is_plain_model, members)):
            return None
        for tag in members[0]["schema"]["fields"]:
            if (tagged := _by_tag(tag, members)) is not None:
                choices = {value: union["choices"][index] for value, index in tagged.items()}
                return {"type": "tagged-union", "discriminator": tag, "choices": choices}
        return None


def _refers(schema: Any) -> bool:
    """Whether a part of a schema stands elsewhere."""
    if isinstance(schema, dict):
        return "schema_ref" in schema or any(map(_refers, schema.values()))
    return isinstance(schema, list) and any(map(_refers, schema))


def _is_plain_model(schema: Schema) -> bool:
    """Whether nothing is done to a payload before its fields are looked at."""
    if schema["type"] != "model" or schema.get("custom_init"):
        return False
    return bool(schema["schema"]["type"] == "model-fields")


def _by_tag(tag: str, members: list[Schema]) -> dict[str, int] | None:
    """Return which member each value of `tag` tells; None where one has no values, or two have the same."""
    tagged: dict[str, int] = {}
    for index, member in enumerate(members):
        values = literals(member["schema"]["fields"].get(tag))
        if not values or not tagged.keys().isdisjoint(values):
            return None
        tagged.update(dict.fromkeys(values, index))
    return tagged


def literals(field: dict[str, Any] | None) -> list[str]:
    """Return the strings that a field of a schema has to be one of; none where it may be something else."""
    if field is None or "validation_alias" in field:
        return []
    schema = field["schema"]
    while schema["type"] == "default":
        schema = schema["schema"]
    values = schema["expected"] if schema["type"] == "literal" else []
    return values if all(type(value) is str for value in values) else []
