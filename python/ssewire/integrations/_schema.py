"""Models built natively: a schema for pydantic's core that gives what the packages' `construct` gives.

The packages build their models in Python, field by field, without validation. The same result comes out of pydantic's
core, which is native, if it is told not to validate either. The rules of `construct` and `construct_type`, and so of
this file:

1. A member that is missing, and one that is null, gives the field's default; only the second counts as set.
2. A member that no field has is kept as an extra.
3. `str`, `int`, `bool`, `Literal` and what takes everything: the value, whatever it is.
4. A model made of an object, and a list: the same rules, inside.
5. A union is validated, by pydantic's own rules, and where that fails its first member is constructed.

Whatever is not covered goes to `construct_type` itself, field by field. Where a value is not of the kind that a field
asks for (an object where a list should be) the schema refuses it all, and the package builds the whole.
"""

from __future__ import annotations

import types
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic_core import PydanticUndefined
from pydantic_core import core_schema as schemas

from ssewire.integrations._native import native

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic.fields import FieldInfo
    from pydantic_core import CoreSchema, SchemaValidator

_NONE = type(None)
_KEPT = (str, int, bool, object, Any)
# What a union of null and one of these does with a value of just this type; others are left to the package.
_STRICT: dict[Any, Callable[..., CoreSchema]] = {
    int: schemas.int_schema,
    bool: schemas.bool_schema,
    float: schemas.float_schema,
}


@lru_cache(maxsize=1024)
def construct_validator(models: Any, cls: type[Any], *, extras: bool) -> SchemaValidator | None:
    """Return what builds `cls` as its `construct` does, or None where it is a class with ways of its own.

    Args:
        models: The `_models` module of the package.
        cls: A class of models.
        extras: Take members that no field has; without, they are refused, which is faster.
    """
    schema = _Schemas(models, extras=extras).model(cls)
    return None if schema is None else native(schema)


class _Schemas:
    """Makes the schema of one class, and of those inside."""

    def __init__(self, models: Any, *, extras: bool) -> None:
        self._models = models
        self._extras = extras
        self._open: list[type[Any]] = []

    def model(self, cls: type[Any]) -> CoreSchema | None:
        """Return the schema of a class; None where `construct` would not do the plain thing, or where it recurs."""
        if cls in self._open or not self._is_plain(cls):
            return None
        self._open.append(cls)
        fields = {name: self._field(field) for name, field in cls.model_fields.items()}
        self._open.pop()
        # "forbid" would do for no extras, but leave None where `construct` leaves an empty dict.
        extras_schema = schemas.any_schema() if self._extras else _NONE_AT_ALL
        inside = schemas.model_fields_schema(fields, extra_behavior="allow", extras_schema=extras_schema)
        model = schemas.model_schema(cls, inside)
        return schemas.no_info_after_validator_function(_without_extras_set, model) if self._extras else model

    def _is_plain(self, cls: Any) -> bool:
        base = self._models.BaseModel
        return (
            issubclass(cls, base)
            and cls.__new__ is object.__new__
            and cls.construct.__func__ is base.construct.__func__
            and not cls.model_config.get("populate_by_name")
            and all(map(_is_plain_field, cls.model_fields.values()))
            and self._models._get_extra_fields_type(cls) is None  # noqa: SLF001 - the package's own rule 2
        )

    def _field(self, field: FieldInfo) -> schemas.ModelField:
        value = _or_null(self._value(field.annotation, field.metadata))
        return schemas.model_field(schemas.with_default_schema(value, default=None))

    def _value(self, annotation: Any, metadata: list[Any]) -> CoreSchema:
        if metadata:
            return self._by_package(annotation, metadata)
        if annotation in _KEPT or get_origin(annotation) is Literal:
            return schemas.any_schema()
        if isinstance(annotation, type) and (schema := self.model(annotation)) is not None:
            return schema
        if get_origin(annotation) is list and len(get_args(annotation)) == 1:
            return schemas.list_schema(_or_null(self._value(get_args(annotation)[0], [])), strict=True)
        if is_union(annotation):
            return self._union(annotation)
        return self._by_package(annotation, metadata)

    def _union(self, annotation: Any) -> CoreSchema:
        members = [member for member in get_args(annotation) if member is not _NONE]
        if all(member is str or _is_literal_of_strings(member) for member in members):
            return schemas.any_schema()  # valid or not, it stays as it is
        if len(members) == 1 and members[0] in _STRICT:
            return _STRICT[members[0]](strict=True)
        return self._by_package(annotation, [])

    def _by_package(self, annotation: Any, metadata: list[Any]) -> CoreSchema:
        def construct(value: object) -> object:
            return self._models.construct_type(value=value, type_=annotation, metadata=metadata)

        if not is_union(annotation):
            return schemas.no_info_plain_validator_function(construct)
        return schemas.no_info_plain_validator_function(_validated_or(construct, self._models, annotation))


def _refuse(_: object) -> object:
    raise ValueError("an extra")


_NONE_AT_ALL = schemas.no_info_plain_validator_function(_refuse)


def _without_extras_set(model: Any) -> Any:
    """Take the extras out of what counts as set: validation puts them there, `construct` does not."""
    if extras := model.__pydantic_extra__:
        model.__pydantic_fields_set__.difference_update(extras)
    return model


def _or_null(schema: CoreSchema) -> CoreSchema:
    return schema if schema["type"] == "any" else schemas.nullable_schema(schema)


def _validated_or(construct: Callable[[object], object], models: Any, union: Any) -> Callable[[object], object]:
    """Return `construct` with its own first step, the validation, done without its search for the validator."""

    @lru_cache(maxsize=1)
    def validate() -> Callable[[object], object]:
        return models.TypeAdapter(union).validator.validate_python  # type: ignore[no-any-return]

    def build(value: object) -> object:
        try:
            return validate()(value)
        except Exception:  # noqa: BLE001 - as in construct_type, which goes on in the same way
            return construct(value)

    return build


def _is_plain_field(field: FieldInfo) -> bool:
    return field.alias is None and field.get_default() in (None, PydanticUndefined)


def is_union(annotation: Any) -> bool:
    """Whether it is a union, written either way."""
    return get_origin(annotation) in (Union, types.UnionType)


def _is_literal_of_strings(annotation: Any) -> bool:
    return get_origin(annotation) is Literal and all(type(value) is str for value in get_args(annotation))
