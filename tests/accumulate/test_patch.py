"""JSON Patch in AG-UI's states: held against a slow reference, and bounded by the bytes that came."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ssewire import Accumulator

from tests.reference.patch import patched_by

NAMES = ["a", "b", "", "/", "~", "0", "1"]
VALUES = st.recursive(
    st.sampled_from([None, True, 0, 1, -1.5, 2**70, "", "x", "\ud83d"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
STEPS = st.sampled_from([*NAMES, "2", "-", "01"]).map(lambda name: "/" + name.replace("~", "~0").replace("/", "~1"))
POINTERS = st.lists(STEPS, max_size=3).map("".join)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": POINTERS},
    optional={"from": POINTERS, "value": VALUES},
)


def event(**members: Any) -> bytes:
    return f"data: {json.dumps(members)}\n\n".encode()


def state_after(snapshot: Any, patches: list[Any]) -> Accumulator:
    accumulator = Accumulator("ag-ui")
    accumulator.feed(event(type="STATE_SNAPSHOT", snapshot=snapshot))
    for patch in patches:
        accumulator.feed(event(type="STATE_DELTA", delta=patch))
    return accumulator


@settings(max_examples=400, deadline=None)
@given(VALUES, st.lists(st.lists(OPERATIONS, max_size=4), max_size=12))
def test_patches_are_those_of_the_reference(snapshot: Any, patches: list[Any]) -> None:
    expected = snapshot
    for patch in patches:
        expected = patched_by(expected, patch)
    state = state_after(snapshot, patches).snapshot.to_dict().get("state")
    assert json.dumps(state) == json.dumps(expected)


def test_copies_are_bounded_by_what_was_sent() -> None:
    copies = [[{"op": "copy", "from": "", "path": f"/{at}"}] for at in range(200)]
    accumulator = Accumulator()  # the dialect is found
    for patch in copies:
        accumulator.feed(event(type="STATE_DELTA", delta=patch))
    state = json.dumps(accumulator.snapshot.to_dict()["state"])
    assert accumulator.dialect == "ag-ui"
    assert 1 << 18 < len(state) < 1 << 21
