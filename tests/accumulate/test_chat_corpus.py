"""Chat streams: the corpus against the slow reference, and the accumulator over every cut and by every route."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import ssewire
from ssewire import (
    Accumulator,
    FinishDelta,
    ReasoningDelta,
    RefusalDelta,
    ServerSentEvent,
    TextDelta,
    ToolCallDelta,
    UsageDelta,
)

from tests.reference.chat import error_fields, reference
from tests.reference.events import Event, split_stream
from tests.support.chat_cases import (
    CHOICE_KEYS,
    Case,
    accumulate,
    contains,
    corpus,
    expected_error,
    plain,
    plain_error,
    raised_by,
)
from tests.support.cuts import assert_same, bytewise, every_cut

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

CASES = corpus()
STREAMS = {case.name: case.body for case in CASES}


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


each_case = each(CASES)


def deltas_of(case: Case, kind: type[T]) -> list[T]:
    return [delta for delta in accumulate([case.body]).deltas if isinstance(delta, kind)]


# The corpus itself


def test_the_corpus_names_each_case_once() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 200


@each_case
def test_the_reference_agrees_with_the_corpus(case: Case) -> None:
    found = reference(case.body)
    choices = [
        {key: choice[key] for key in CHOICE_KEYS} | ({"logprobs": choice["logprobs"]} if choice["logprobs"] else {})
        for choice in found["choices"]
    ]
    known = {key: found[key] for key in ("usage", "done", "complete")}
    expected = {key: value for key, value in case.expect.items() if key != "object"}
    assert {"choices": choices, "error": error_fields(found["error"]), **known} == expected


# The snapshot


@each_case
def test_snapshot(case: Case) -> None:
    assert accumulate([case.body]).whole == case.whole


@each_case
def test_cuts_are_invisible(case: Case) -> None:
    """Deltas, snapshot and what `close` raises are the same at every cut."""
    assert_same(accumulate, every_cut(case.body), accumulate([case.body]))


@each([case for case in CASES if "object" in case.expect])
def test_to_dict(case: Case) -> None:
    accumulator = Accumulator("openai-chat")
    accumulator.feed(case.body)
    accumulator.flush()
    found = accumulator.snapshot.to_dict()
    assert contains(found, case.expect["object"]), found


# The deltas


@each_case
@pytest.mark.parametrize(
    ("kind", "field"), [(TextDelta, "content"), (ReasoningDelta, "reasoning"), (RefusalDelta, "refusal")]
)
def test_text_deltas_join_to_the_text(case: Case, kind: type[Any], field: str) -> None:
    texts: dict[int, str] = defaultdict(str)
    for delta in deltas_of(case, kind):
        texts[delta.choice] += delta.text
    expected = {choice["index"]: choice[field] for choice in case.expect["choices"] if choice[field]}
    assert {choice: text for choice, text in texts.items() if text} == expected


@each_case
def test_tool_call_deltas_join_to_the_calls(case: Case) -> None:
    arguments: dict[tuple[int, int], str] = defaultdict(str)
    known: dict[tuple[int, int], tuple[str | None, str | None]] = {}
    for delta in deltas_of(case, ToolCallDelta):
        arguments[delta.choice, delta.index] += delta.arguments
        known[delta.choice, delta.index] = (delta.id, delta.name)
    calls = {
        (choice["index"], index): call
        for choice in case.expect["choices"]
        for index, call in enumerate(choice["tool_calls"] + legacy_calls(choice))
    }
    assert arguments == {place: call["arguments"] for place, call in calls.items()}
    assert known == {place: (call["id"], call["name"]) for place, call in calls.items()}


def legacy_calls(choice: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the deprecated function call in the shape of a tool call, as the deltas have it."""
    return [{"id": None, **choice["function_call"]}] if choice["function_call"] else []


@each_case
def test_a_finish_delta_for_each_reason(case: Case) -> None:
    deltas = deltas_of(case, FinishDelta)
    last = {delta.choice: delta.reason for delta in deltas}
    assert last == {one["index"]: one["finish_reason"] for one in case.expect["choices"] if one["finish_reason"]}
    assert all(count == 1 for count in Counter((delta.choice, delta.reason) for delta in deltas).values())


@each_case
def test_the_last_usage_delta_is_the_usage(case: Case) -> None:
    usages = [delta.usage.raw for delta in deltas_of(case, UsageDelta)]
    assert (usages[-1] if usages else None) == case.expect["usage"]


# The end


@each_case
def test_close_raises_what_is_wrong(case: Case) -> None:
    accumulator = Accumulator("openai-chat")
    accumulator.feed(case.body)
    expected = expected_error(case.expect)
    if expected is None:
        assert plain(accumulator.close()) == case.whole
        assert plain(accumulator.close()) == case.whole
        return
    for _ in range(2):
        with pytest.raises((ssewire.ProviderError, ssewire.IncompleteStreamError)) as caught:
            accumulator.close()
        assert type(caught.value) is expected
        assert caught.value.snapshot is not None
        assert plain(caught.value.snapshot) == case.whole


@each([case for case in CASES if case.expect["error"]])
def test_the_error_says_what_the_provider_said(case: Case) -> None:
    accumulator = Accumulator("openai-chat")
    accumulator.feed(case.body)
    with pytest.raises(ssewire.ProviderError) as caught:
        accumulator.close()
    error = accumulator.error
    assert isinstance(error, ssewire.ProviderError)
    for one in (caught.value, error):
        assert plain_error(one) == case.expect["error"]
    assert case.expect["error"]["message"] in str(caught.value)


# The other routes


def observed(accumulator: Accumulator, pieces: list[bytes]) -> None:
    for piece in pieces:
        accumulator.observe(piece)
    accumulator.flush()


@each_case
@pytest.mark.parametrize("cut", [lambda body: [body], bytewise], ids=["whole", "bytewise"])
def test_observe_gives_the_same(case: Case, cut: Callable[[bytes], list[bytes]]) -> None:
    accumulator = Accumulator("openai-chat")
    observed(accumulator, cut(case.body))
    assert plain(accumulator.snapshot) == case.whole
    assert raised_by(accumulator.close) is expected_error(case.expect)


@each([case for case in CASES if all(isinstance(item, Event) for item in split_stream(case.body))])
def test_feed_event_gives_the_same(case: Case) -> None:
    accumulator = Accumulator("openai-chat")
    events = [ServerSentEvent(*item) for item in split_stream(case.body) if isinstance(item, Event)]
    deltas = [delta for event in events for delta in accumulator.feed_event(event)] + accumulator.flush()
    assert deltas == accumulate([case.body]).deltas
    assert plain(accumulator.snapshot) == case.whole
    assert raised_by(accumulator.close) is expected_error(case.expect)


@each_case
def test_collect_gives_the_same(case: Case) -> None:
    expected = expected_error(case.expect)
    if expected is None:
        assert plain(ssewire.collect(case.body, "openai-chat")) == case.whole
        return
    with pytest.raises(expected) as caught:
        ssewire.collect(case.body, "openai-chat")
    assert isinstance(caught.value, (ssewire.ProviderError, ssewire.IncompleteStreamError))
    assert caught.value.snapshot is not None
    assert plain(caught.value.snapshot) == case.whole


@each([case for case in CASES if case.expect["choices"]])
def test_the_dialect_is_found(case: Case) -> None:
    accumulator = Accumulator()
    deltas = accumulator.feed(case.body) + accumulator.flush()
    assert accumulator.dialect == "openai-chat"
    assert (deltas, plain(accumulator.snapshot)) == accumulate([case.body])[:2]
