"""What the adapters of the providers' packages share."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import pytest
from openai import BaseModel, _models
from pydantic import BaseModel as AnyModel
from pydantic import Field
from ssewire._core import EventIterator, SdkEvent, SSEDecoder
from ssewire.integrations._builders import Builders, same
from ssewire.integrations._decoder import Decoder
from ssewire.integrations._schema import construct_validator

from tests.support.sdk_objects import state

if TYPE_CHECKING:
    from collections.abc import Iterable


@pytest.mark.parametrize("package", ["openai", "anthropic"])
def test_a_package_is_imported_only_for_its_client(package: str) -> None:
    imports = (
        f"import sys, ssewire.integrations.{package}; print(sorted({{'{package}', 'pydantic'}} & set(sys.modules)))"
    )
    # The program is ours.
    found = subprocess.run([sys.executable, "-c", imports], capture_output=True, check=True, timeout=60)  # noqa: S603
    assert found.stdout.strip() == b"[]"


# the decoder


BODY = (
    b'id: 3\nretry: 10\nevent: ping\ndata: {"a": 1}\n\ndata: [1]\n\nevent: error\n\nevent: other\n\ndata:\n\n: one\n\n'
)


def read_events(*pieces: bytes, kind: Literal["package", "loop", "unread"] = "loop") -> list[SdkEvent]:
    decoder = SSEDecoder(max_event_size=None, tail="dispatch", dispatch_empty=True)
    return list(EventIterator(pieces, decoder, kind))


def seen(events: Iterable[SdkEvent]) -> list[tuple[Any, ...]]:
    return [(event.event, event.data, event.id, event.retry) for event in events]


def test_events_are_those_of_the_packages() -> None:
    read = [("ping", '{"a": 1}', "3", 10), (None, "[1]", "3", None), ("error", "", "3", None)]
    assert seen(read_events(BODY)) == read
    assert seen(read_events(BODY[:20], BODY[20:], kind="unread")) == read
    assert seen(read_events(BODY, kind="package")) == [*read, ("other", "", "3", None)]


def test_a_copy_of_a_decoder_decodes() -> None:
    decoder = copy.copy(Decoder(None, None, frozenset()))
    assert seen(decoder.iter_bytes([BODY])) == seen(decoder.iter_bytes([BODY[:20], BODY[20:]]))


def test_raw_lines_of_an_event() -> None:
    [event] = read_events(b"event: a\ndata: b\ndata: c\n\n")
    assert event.raw == ["event: a", "data: b", "data: c"]
    assert repr(event) == "ServerSentEvent(event=a, data=b\nc, id=None, retry=None)"


@pytest.mark.parametrize("end", ['data: {"a": 1}', 'data: {"a": 1}\n', "data: [DONE]", "data: [DONE]\r"])
def test_a_last_event_without_its_blank_line_is_given(end: str) -> None:
    events = read_events(b"data: 1\n\n", end.encode())
    assert [event.data for event in events] == ["1", end[6:].strip()]


@pytest.mark.parametrize("end", ['data: {"a": 1', "data: 12", "event: error\n", "event: ping", "data: [DON"])
def test_a_last_event_that_was_cut_off_is_not_given(end: str) -> None:
    assert [event.data for event in read_events(b"data: 1\n\n" + end.encode())] == ["1"]


@pytest.mark.parametrize(
    "text",
    ['{"error": {"a": 1}}', '{"\\u0065rror": 1}', "[1]", '"text"', "1", "null", '{"a": NaN, "error": true}'],
)
def test_what_may_be_an_error_or_is_no_object_is_read(text: str) -> None:
    [event] = read_events(f"data: {text}\n\n".encode(), kind="unread")
    assert state(event.json()) == state(json.loads(text))


@pytest.mark.parametrize("text", ['{"a": 1}', '{"error": null}', '{"a": "error"}', '{"a": "\\u00e9"}', '{"a": '])
def test_an_object_that_is_no_error_waits(text: str) -> None:
    [event] = read_events(f"data: {text}\n\n".encode(), kind="unread")
    assert isinstance(event, SdkEvent)
    assert event.json() is event


# models


class Inner(BaseModel):
    name: str
    kind: Literal["a", "b"] | None = None
    size: int | None = None
    share: float | None = None
    tags: list[str] | None = None


class Outer(BaseModel):
    id: str
    inner: Inner
    several: list[Inner]
    ratio: float
    maybe: Inner | None = None
    many: list[Inner] | None = None
    either: int | str | None = None
    table: dict[str, int] | None = None
    anything: object = None


class Recursive(BaseModel):
    inside: list[Recursive] | None = None
    direct: list[Recursive]


INNER: list[Any] = [
    {},
    {"name": "n"},
    {"name": None, "kind": "a", "size": 1, "share": 1, "tags": ["x"]},
    {"name": 7, "kind": "c", "size": "1", "share": "1.5", "tags": [1]},
    {"name": [], "kind": 3, "size": True, "share": 1.5, "tags": {}, "extra": {"a": [1.0, None]}},
    {"size": 1.0, "more": 1, "tags": None, "name": "\\ud83d", "kind": ["a"]},
    {"size": 2**70, "share": 2**70, "name": 2**70},
    None,
    [],
    [{"name": "listed"}],
    "text",
    3,
]


@pytest.mark.parametrize("extras", [False, True])
@pytest.mark.parametrize("key", ["inner", "several", "maybe", "many"])
def test_models_are_built_as_construct_builds_them(key: str, *, extras: bool) -> None:
    built = 0
    for inner in INNER:
        for value in (inner, [inner], [inner, INNER[2]]):
            built += _agrees(Outer, {"id": "i", key: value}, extras=extras)
    assert built >= 5


@pytest.mark.parametrize("key", ["id", "ratio", "either", "table", "anything", "surplus"])
def test_other_fields_are_built_as_construct_builds_them(key: str) -> None:
    values = [None, 1, 1.5, True, "text", "1", 2**53 + 1, [], [1], {}, {"a": 1}, {"a": "b"}]
    assert sum(_agrees(Outer, {key: value, "inner": {}}, extras=True) for value in values) == len(values)


def test_recursive_models_are_built_as_construct_builds_them() -> None:
    assert _agrees(Recursive, {"direct": [{"direct": [{}], "inside": [{"direct": []}]}]}, extras=True)
    assert _agrees(Recursive, {"direct": [{"direct": 1, "inside": [{"direct": 2}], "more": 3}]}, extras=True)


def _agrees(cls: type[AnyModel], value: dict[str, Any], *, extras: bool) -> bool:
    """Whether a value is built natively; if so, it is what the package builds."""
    validator = construct_validator(_models, cls, extras=extras)
    assert validator is not None
    text = json.dumps(value).replace("\\\\ud83d", "\\ud83d")
    try:
        built = validator.validate_json(text)
    except ValueError:
        return False
    assert state(built) == state(_models.construct_type(value=json.loads(text), type_=cls))
    return True


class Left(BaseModel):
    name: str
    size: int
    tags: list[str] | None = None


class Right(BaseModel):
    name: str
    share: float
    kind: Literal["a", "b"] | None = None


EITHER: Any = Left | Right
PARTS: list[dict[str, Any]] = [{"name": "n"}, {"size": 1}, {"share": 0.5}, {"size": "2", "share": 1}, {"size": 1.5},
    {"name": 3}, {"kind": "a"}, {"kind": "c"}, {"tags": ["x"]}, {"tags": {}}, {"more": [1]}]  # fmt: skip


def test_a_union_without_a_tag_is_built_as_construct_builds_it() -> None:
    values = [{**one, **two, **three} for one in PARTS for two in PARTS for three in PARTS]
    values.insert(0, {"name": "n", "size": 1})  # it is built both ways, and trusted from now on
    by_package: list[object] = []

    def build(_client: object, *, data: Any, cast_to: Any, response: object) -> Any:  # noqa: ARG001 - the seam's
        by_package.append(data)
        return _models.construct_type(value=data, type_=cast_to)

    process = Builders(_models).processor(build)
    client = SimpleNamespace(_strict_response_validation=False)
    body = "".join(f"data: {json.dumps(value)}\n\n" for value in values).encode()
    for event, value in zip(read_events(body, kind="unread"), values, strict=True):
        built = process(client, data=event, cast_to=EITHER, response=None)
        assert state(built) == state(_models.construct_type(value=value, type_=EITHER))
    assert len(by_package) < len(values) - 100


class Aliased(BaseModel):
    class_: str | None = Field(default=None, alias="class")


class Defaulted(BaseModel):
    name: str = "nobody"


class Constructed(BaseModel):
    @classmethod
    def construct(cls, _fields_set: set[str] | None = None, **values: object) -> Constructed:
        return super().construct(_fields_set, **values)


@pytest.mark.parametrize("cls", [Aliased, Defaulted, Constructed, AnyModel])
def test_models_with_ways_of_their_own_are_left_to_the_package(cls: type[AnyModel]) -> None:
    assert construct_validator(_models, cls, extras=True) is None


def test_same_is_as_strict_as_it_says() -> None:
    one = Inner.construct(name="n", more=1)
    assert same(one, Inner.construct(name="n", more=1))
    for other in (
        Inner.construct(name="n"),
        Inner.construct(name="m", more=1),
        Inner.construct(name="n", more=1.0),
        Inner.construct({"tags"}, name="n", more=1),
        Outer.construct(name="n", more=1),
        {"name": "n"},
    ):
        assert not same(one, other)
    assert not same([1], [1, 2])
    assert not same({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert same(float("nan"), float("nan"))
