"""The objects that a client returns, built natively: what is built how, and since when it is trusted.

A type is built natively once a payload of it was built both ways, with equal results. Whatever cannot be built so,
and whatever raises, is the package's: its result, its error.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ssewire._core import SdkEvent
from ssewire.integrations._schema import construct_validator, is_union
from ssewire.integrations._tagged import Members, members_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic_core import SchemaValidator

    Build = Callable[[str], Any]

_MOST_TYPES = 1024  # what a client learns about; programs that make types by themselves make no end of them
_TRIALS = 8  # payloads, after which a type that cannot be built is given up

# The payload is not of the shape that is built natively, or it has a tag that was not met yet.
_OTHER_SHAPE = (ValidationError, KeyError)


class Builders:
    """What a client, and the clients made from it, know about building objects.

    Args:
        models: The `_models` module of the package.
    """

    def __init__(self, models: Any) -> None:
        self._models = models
        self._plans: dict[int, _Plan] = {}
        self._trusted: dict[int, dict[str | None, Build]] = {}

    def processor(self, by_package: Callable[..., Any]) -> Callable[..., Any]:
        """Return what stands for `by_package`, the function `BaseClient._process_response_data`."""
        trusted = self._trusted

        def process(client: Any, *, data: Any, cast_to: Any, response: Any) -> Any:
            if type(data) is not SdkEvent:
                return by_package(client, data=_read_inside(data), cast_to=cast_to, response=response)
            if client._strict_response_validation:  # noqa: SLF001 - the package's own switch
                return by_package(client, data=data.read(), cast_to=cast_to, response=response)
            try:
                # By id: hashing the union of a provider's events takes longer than building one. Plans keep the types.
                return trusted[id(cast_to)][data.event](data.data)
            except _OTHER_SHAPE:
                built = by_package(client, data=data.read(), cast_to=cast_to, response=response)
            self._learn(cast_to, data, built)
            return built

        return process

    def _learn(self, cast_to: Any, event: SdkEvent, built: Any) -> None:
        plan = self._plans.get(id(cast_to))
        if plan is None and len(self._plans) < _MOST_TYPES:
            plan = self._plans[id(cast_to)] = _plan(self._models, cast_to)
            self._trusted[id(cast_to)] = plan.trusted
        if plan is not None:
            plan.try_learn(event, built)


def _read_inside(data: Any) -> Any:
    """Return the data; an unread payload that the package has put together with its event type is read."""
    if type(data) is dict and type(data.get("data")) is SdkEvent:
        return {**data, "data": data["data"].read()}
    return data


class _Plan:
    """How objects of one type are built: not natively.

    Attributes:
        cast_to: the type; as long as it is kept its id stands for it.
        trusted: what builds an object of the text of a payload, by the event type that it came under. It raises
            ValidationError or KeyError where the payload is not of the shape that is built natively.
    """

    def __init__(self, cast_to: Any) -> None:
        self.cast_to = cast_to
        self.trusted: dict[str | None, Build] = {}

    def try_learn(self, event: SdkEvent, built: Any) -> None:
        """Take a payload and what the package built of it."""
        try:
            self.learn(event, built)
        except Exception:  # noqa: BLE001 - the object is there; a class that is not understood stays the package's
            self.trusted.clear()

    def learn(self, event: SdkEvent, built: Any) -> None:
        """Do so; whatever is raised ends the plan's use."""


class _WholePlan(_Plan):
    """A type that is built in the same way under whatever event type.

    Args:
        cast_to: The type.
        validators: What builds it, the fastest first, as long as that does.
    """

    def __init__(self, cast_to: Any, *validators: SchemaValidator) -> None:
        super().__init__(cast_to)
        self._trials = list(map(_Trials, validators))

    def learn(self, event: SdkEvent, built: Any) -> None:
        if len(self.trusted) >= _MOST_TYPES:
            return
        known = event.event in self.trusted
        for trials in self._trials[-1:] if known else self._trials:
            if trials.agree(event.data, built):
                self.trusted[event.event] = trials.build
                return


class _UnionPlan(_Plan):
    """A union of classes, each of which says by a tag that a payload is its own.

    Validation by a union takes the one member that validates; where a tag excludes all others, that is validation by
    the tag's member. Which one to try the event type says, or the first text that looks like the tag: where that is
    wrong, the member does not validate.

    Args:
        cast_to: The union.
        tag: The name of the tag.
        members: The class of each tag.
        schemas: Where the members' validators come from.
    """

    def __init__(self, cast_to: Any, tag: str, members: dict[str, type[BaseModel]], schemas: Members) -> None:
        super().__init__(cast_to)
        self.trusted[None] = self._build_unnamed
        self._met: set[str] = set()
        self._trials: dict[str, _Trials] = {}
        self._members = members
        self._schemas = schemas
        self._search = re.compile(rf'"{re.escape(tag)}"\s*:\s*"([^"\\]*)"').search

    def _build_unnamed(self, text: str) -> Any:
        return self.trusted[self._tag(text)](text)

    def _tag(self, text: str) -> str:
        found = self._search(text)
        return found[1] if found else ""

    def learn(self, event: SdkEvent, built: Any) -> None:
        tag = event.event or self._tag(event.data)
        if tag not in self._members or tag in self.trusted:
            return
        if tag not in self._met:  # what comes once a stream is not worth a validator in a process that reads just one
            self._met.add(tag)
            return
        if tag not in self._trials:
            self._trials[tag] = _Trials(self._schemas.validator(self._members[tag]))
        if self._trials[tag].agree(event.data, built):
            self.trusted[tag] = self._trials[tag].build


class _Trials:
    """Payloads built natively beside what the package built, until one agrees, or too many do not."""

    def __init__(self, validator: SchemaValidator) -> None:
        self.build = validator.validate_json
        self._left = _TRIALS

    def agree(self, text: str, built: Any) -> bool:
        """Build a payload; return whether the result is what the package built. If it is another, none is any more."""
        if not self._left:
            return False
        self._left -= 1
        try:
            agreed = same(self.build(text), built)
        except ValidationError:
            return False
        if not agreed:
            self._left = 0
        return agreed


def _plan(models: Any, cast_to: Any) -> _Plan:
    try:
        if inspect.isclass(cast_to):
            return _model_plan(models, cast_to)
        return _union_plan(models, cast_to)
    except Exception:  # noqa: BLE001 - as above
        return _Plan(cast_to)


def _model_plan(models: Any, cls: Any) -> _Plan:
    if hasattr(cls, "build"):  # the package's protocol for classes that build themselves
        return _Plan(cls)
    # Without extras as long as none was met, which is faster.
    exact, roomy = (construct_validator(models, cls, extras=extras) for extras in (False, True))
    return _Plan(cls) if exact is None or roomy is None else _WholePlan(cls, exact, roomy)


def _union_plan(models: Any, cast_to: Any) -> _Plan:
    union = get_args(cast_to)[0] if get_origin(cast_to) is Annotated else cast_to
    members = get_args(union) if is_union(union) else ()
    if members and all(inspect.isclass(member) and _is_plain(models, member) for member in members):
        for tag in members[0].model_fields:
            if (tagged := _by_tag(tag, members)) is not None:
                return _UnionPlan(cast_to, tag, tagged, members_of(models, union))
        return _WholePlan(cast_to, models.TypeAdapter(union).validator)
    return _Plan(cast_to)


def _is_plain(models: Any, cls: type[Any]) -> bool:
    """Whether a class has nothing that could change a tag before it is looked at."""
    if not issubclass(cls, models.BaseModel):
        return False
    decorators: Any = cls.__pydantic_decorators__
    return not (
        decorators.validators
        or decorators.field_validators
        or decorators.root_validators
        or decorators.model_validators
    )


def _by_tag(tag: str, members: tuple[type[BaseModel], ...]) -> dict[str, type[BaseModel]] | None:
    """Return the members by their values of `tag`; None where one has no values, or two have the same."""
    tagged: dict[str, type[BaseModel]] = {}
    for member in members:
        values = list(_tags(tag, member))
        if not values or not tagged.keys().isdisjoint(values):
            return None
        tagged.update(dict.fromkeys(values, member))
    return tagged


def _tags(tag: str, member: type[BaseModel]) -> Iterator[str]:
    field = member.model_fields.get(tag)
    if field is not None and field.alias is None and field.validation_alias is None:
        values = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
        if all(type(value) is str for value in values):
            yield from values


def same(one: Any, other: Any) -> bool:
    """Whether two objects are the same all through: type, attributes and their order, what was set, extras."""
    if type(one) is not type(other):
        return False
    if isinstance(one, BaseModel):
        return all(same(getattr(one, name), getattr(other, name)) for name in _STATE)
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(same, one.values(), other.values()))
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (one != one and other != other)  # NaN  # noqa: PLR0124


_STATE = ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
