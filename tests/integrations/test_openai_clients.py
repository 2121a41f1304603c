"""`ssewire.integrations.openai`: which clients change, and the package's other ways to a stream."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from openai import AzureOpenAI, OpenAI, Stream
from openai.types.chat import ChatCompletionChunk
from ssewire.integrations._decoder import Decoder
from ssewire.integrations.openai import accelerate
from ssewire.replay import ReplayServer

from tests.integrations.test_openai import USUAL, body, chat, chunk, make
from tests.support.sdk_objects import assert_equal, outcome, state

if TYPE_CHECKING:
    from collections.abc import Iterable


def test_only_this_client_and_its_copies_change() -> None:
    with make("http://127.0.0.1:1/v1") as client, make("http://127.0.0.1:1/v1") as other:
        before = dict(vars(OpenAI))
        assert accelerate(client) is client
        assert type(client) is OpenAI
        assert dict(vars(OpenAI)) == before
        assert "_make_sse_decoder" not in vars(other)
        for derived in (client.copy(), client.with_options(timeout=3), client.with_options().copy()):
            assert type(derived) is OpenAI
            assert isinstance(derived._make_sse_decoder(), Decoder)  # noqa: SLF001 - the seam
        assert client.with_options(timeout=3).timeout == 3


def test_copies_are_equal_in_all_their_state() -> None:
    with make("http://127.0.0.1:1/v1") as client, accelerate(make("http://127.0.0.1:1/v1")) as other:
        before = set(vars(client))
        ours = set(vars(accelerate(client))) - before
        assert ours == {"_make_sse_decoder", "_process_response_data", "copy", "with_options", "_ssewire_methods"}
        for twin in (client.copy(), client.with_options().copy()):
            assert {name: vars(twin)[name] for name in ours} == {name: vars(client)[name] for name in ours}
            assert inspect.signature(twin.copy) == inspect.signature(OpenAI(api_key="-").copy)
        assert all(vars(other)[name] != vars(client)[name] for name in ours)


def test_copies_read_streams() -> None:
    with ReplayServer([body(*USUAL)]) as server, accelerate(make(server.url)) as client:
        expected = outcome(lambda: chat(client))
        assert outcome(lambda: chat(client.with_options(max_retries=1))) == expected


def test_twice_is_once() -> None:
    with accelerate(make("http://127.0.0.1:1/v1")) as client:
        before = dict(vars(client))
        assert accelerate(client) is client
        assert vars(client) == before


def test_azure_clients_are_accelerated() -> None:
    with ReplayServer([body(*USUAL)]) as server:
        client = AzureOpenAI(api_key="-", api_version="v", base_url=server.url, max_retries=0)
        with accelerate(client):
            assert len(list(chat(client))) == len(USUAL)


def test_methods_of_a_subclass_are_left() -> None:
    class Own(OpenAI):
        def _make_sse_decoder(self) -> Any:
            return super()._make_sse_decoder()

    class Built(OpenAI):
        def _process_response_data(self, *, data: Any, cast_to: Any, response: Any) -> Any:  # noqa: ARG002
            return json.dumps(data)

    with ReplayServer([body(*USUAL)]) as server:
        own, built = (accelerate(cls(api_key="-", base_url=server.url)) for cls in (Own, Built))
        with own, built:
            assert "_make_sse_decoder" not in vars(own)
            assert len(list(chat(own))) == len(USUAL)
            assert [json.loads(text) for text in chat(built)] == USUAL


def test_only_clients_are_accepted() -> None:
    with pytest.raises(TypeError, match="expected a client of the openai package, got object"):
        accelerate(object())  # type: ignore[type-var]


# the package's other ways to a stream


def other_ways(client: OpenAI) -> Iterable[Any]:
    ask: dict[str, Any] = {"model": "m", "messages": [], "stream": True}
    yield from client.chat.completions.with_raw_response.create(**ask).parse()
    with client.chat.completions.with_streaming_response.create(**ask) as response:
        yield from response.parse()
    with client.chat.completions.with_streaming_response.create(**ask) as response:
        yield response.read().decode()
    with client.chat.completions.create(**ask) as stream:
        yield next(stream)
    yield client.chat.completions.create(model="m", messages=[], stream=True).response.status_code


def test_raw_responses_are_what_they_were() -> None:
    [(events, error)] = assert_equal(make, accelerate, other_ways, [body(*USUAL)])
    assert (len(events), error) == (2 * len(USUAL) + 3, None)


def test_whole_answers_are_what_they_were() -> None:
    answer = json.dumps({"id": "c", "choices": [{"index": 0, "message": {"content": "Hi"}}], "error": None}).encode()

    def ask(client: OpenAI) -> list[Any]:
        return [client.chat.completions.create(model="m", messages=[])]

    options: dict[str, Any] = {"content_type": "application/json", "framing": "length"}
    assert_equal(make, accelerate, ask, [answer], **options)


def helped(client: OpenAI) -> Iterable[Any]:
    with client.chat.completions.stream(model="m", messages=[]) as stream:
        for given in stream:
            yield given.type
            yield getattr(given, "chunk", None)
        yield stream.get_final_completion()


def test_the_stream_helper_gives_the_same() -> None:
    [(events, error)] = assert_equal(make, accelerate, helped, [body(*USUAL)])
    assert error is None
    assert len(events) > len(USUAL)


class MyDelta(ChatCompletionChunk):
    trace: str | None = None


class MyChunk(ChatCompletionChunk):
    trace: list[MyDelta]


def test_models_of_ones_own_are_built() -> None:
    def ask(client: OpenAI) -> Any:
        return client.post("/chat/completions", cast_to=MyChunk, body={}, stream=True, stream_cls=Stream[MyChunk])

    own = [chunk({"content": "a"}, trace=[{"trace": "b", "id": "c"}]), chunk(trace={"no": "list"}), chunk()]
    [(events, _)] = assert_equal(make, accelerate, ask, [body(*own)])
    assert events[0][0] is MyChunk


def test_objects_are_given_as_they_are() -> None:
    def ask(client: OpenAI) -> Any:
        return client.post("/chat/completions", cast_to=object, body={}, stream=True, stream_cls=Stream[object])

    [(events, _)] = assert_equal(make, accelerate, ask, [body(*USUAL)])
    assert events == [state(payload) for payload in USUAL]


def test_chunks_can_be_copied_pickled_and_changed() -> None:
    with ReplayServer([body(*USUAL)]) as server, accelerate(make(server.url)) as client:
        list(chat(client))
        for part in chat(client):
            for twin in (copy.copy(part), copy.deepcopy(part), pickle.loads(pickle.dumps(part))):  # noqa: S301 - ours
                assert state(twin) == state(part)
            assert state(type(part).model_validate(part.to_dict())) == state(part)
            part.model = "another"
            assert part.model_fields_set >= {"model"}
