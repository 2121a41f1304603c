"""The native module. Its public names are those of `ssewire`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Generic, Literal, TypeAlias, TypeVar, final, overload

from typing_extensions import Buffer, Never, Self, disjoint_base

from ssewire._errors import ProviderError
from ssewire._sources.network import ChunkedBody
from ssewire._types import Delta, Dialect

__version__: str
__all__ = [
    "Accumulator",
    "Choice",
    "DeltaIterator",
    "DirectPieces",
    "EventIterator",
    "FinishDelta",
    "OtherDelta",
    "PushDeltaIterator",
    "ReasoningDelta",
    "RefusalDelta",
    "SSEDecoder",
    "SdkEvent",
    "ServerSentEvent",
    "Snapshot",
    "TextDelta",
    "TextIterator",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "UsageDelta",
    "__version__",
    "_choice",
    "_restore_snapshot",
    "_tool_call",
    "beginning",
    "body_format",
    "encode_comment",
    "fold_bodies",
    "may_have_huge_integer",
    "observe_whole",
    "take_chunks",
]

_E = TypeVar("_E")
_Data: TypeAlias = bytes | bytearray | memoryview

@disjoint_base
class ServerSentEvent:
    """An event of an event stream, frozen and compared by value.

    Args:
        event: The event type, "message" where the stream names none.
        data: The data lines, joined with LF.
        id: The last event ID in force at dispatch, "" if none.
        retry: The reconnection time in milliseconds, where this event carried a valid one.
    """

    __match_args__: ClassVar[tuple[Literal["event"], Literal["data"], Literal["id"], Literal["retry"]]] = (
        "event",
        "data",
        "id",
        "retry",
    )

    def __new__(cls, event: str = "message", data: str = "", id: str = "", retry: int | None = None) -> Self: ...
    @property
    def event(self) -> str:
        """The event type, "message" where the stream names none."""

    @property
    def data(self) -> str:
        """The data lines, joined with LF."""

    @property
    def id(self) -> str:
        """The last event ID in force at dispatch, "" if none."""

    @property
    def retry(self) -> int | None:
        """The reconnection time in milliseconds, where this event carried a valid one."""

    def json(self) -> Any:
        """The data, read as JSON.

        What orjson refuses and the standard library reads (lone surrogates, NaN, huge integers) is read
        too.

        Raises:
            json.JSONDecodeError: The data is not JSON; it is a ValueError.
        """

    def encode(self) -> bytes:
        """The event in wire form, its blank line included. `encode_comment` writes what is no event.

        CR and CRLF in the data end lines, as LF does: no event stream can carry them.

        Raises:
            ValueError: CR, LF or NUL in event or id (no field can inject a line), or a lone surrogate
                anywhere.
        """

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class SSEDecoder:
    """An incremental event stream decoder, without I/O: bytes in, events out (HTML standard, 9.2.6).

    Framing cannot fail: any bytes are an event stream, and invalid UTF-8 becomes U+FFFD. An event is out
    with its last byte, and the events are the same wherever the bytes are cut.

    Args:
        max_event_size: Bytes that one event may have, from its first field on; None for no limit.
        tail: What becomes of an event that the end of input leaves without its blank line: "discard", as
            the standard says, or "dispatch".
        dispatch_empty: Give events for blocks that name an event, an id or a retry but have no data; the
            standard does not.
    """

    def __new__(
        cls,
        *,
        max_event_size: int | None = 67108864,
        tail: Literal["discard", "dispatch"] = "discard",
        dispatch_empty: bool = False,
    ) -> SSEDecoder: ...
    @property
    def last_event_id(self) -> str:
        """The last event ID in force, "" if none: what a reconnecting client sends as `Last-Event-ID`."""

    @property
    def retry(self) -> int | None:
        """The last valid reconnection time in milliseconds."""

    def feed(self, data: _Data) -> list[ServerSentEvent]:
        """Takes a piece of the body, cut anywhere.

        Returns:
            The events that it completes, in order.

        Raises:
            EventTooLargeError: An event is larger than `max_event_size`. Events completed before it are
                returned first, and the next call raises; every call raises until `close()`.
            TypeError: `data` is not a bytes-like object.
        """

    def close(self) -> list[ServerSentEvent]:
        """Marks the end of the input, and makes ready for a new stream.

        `last_event_id` and `retry` survive.

        Returns:
            What the tail policy gives: no event or one.

        Raises:
            EventTooLargeError: A fault that no call to `feed` has raised yet.
        """

    def __copy__(self) -> SSEDecoder: ...
    def __deepcopy__(self, _memo: dict[int, Any]) -> SSEDecoder: ...

@final
class TextDelta:
    """More of the answer's text.

    Args:
        text: The piece.
        choice: Index of the choice.
    """

    __match_args__: ClassVar[tuple[Literal["text"], Literal["choice"]]] = ("text", "choice")

    def __new__(cls, text: str, choice: int = 0) -> TextDelta: ...
    @property
    def text(self) -> str:
        """The piece; never empty when it comes from a stream."""

    @property
    def choice(self) -> int:
        """Index of the choice."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def to_dict(self) -> dict[str, Any]:
        """The delta as JSON has it: its type and its fields."""

@final
class ReasoningDelta:
    """More of the reasoning that comes before or between the answer's text.

    Args:
        text: The piece.
        choice: Index of the choice.
    """

    __match_args__: ClassVar[tuple[Literal["text"], Literal["choice"]]] = ("text", "choice")

    def __new__(cls, text: str, choice: int = 0) -> ReasoningDelta: ...
    @property
    def text(self) -> str:
        """The piece; never empty when it comes from a stream."""

    @property
    def choice(self) -> int:
        """Index of the choice."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def to_dict(self) -> dict[str, Any]:
        """The delta as JSON has it: its type and its fields."""

@final
class RefusalDelta:
    """More of the model's refusal.

    Args:
        text: The piece.
        choice: Index of the choice.
    """

    __match_args__: ClassVar[tuple[Literal["text"], Literal["choice"]]] = ("text", "choice")

    def __new__(cls, text: str, choice: int = 0) -> RefusalDelta: ...
    @property
    def text(self) -> str:
        """The piece; never empty when it comes from a stream."""

    @property
    def choice(self) -> int:
        """Index of the choice."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def to_dict(self) -> dict[str, Any]:
        """The delta as JSON has it: its type and its fields."""

@final
class ToolCallDelta:
    """More of a tool call.

    Args:
        index: Position in `Choice.tool_calls`; not the provider's index, which some leave out and some use
            again.
        id: The call's id as known so far.
        name: The tool's name as known so far.
        arguments: This piece of the arguments' text; may be "".
        choice: Index of the choice.
    """

    __match_args__: ClassVar[
        tuple[Literal["index"], Literal["id"], Literal["name"], Literal["arguments"], Literal["choice"]]
    ] = ("index", "id", "name", "arguments", "choice")

    def __new__(
        cls, index: int, id: str | None = None, name: str | None = None, arguments: str = "", choice: int = 0
    ) -> ToolCallDelta: ...
    @property
    def index(self) -> int:
        """Position in `Choice.tool_calls`."""

    @property
    def id(self) -> str | None:
        """The call's id as known so far."""

    @property
    def name(self) -> str | None:
        """The tool's name as known so far."""

    @property
    def arguments(self) -> str:
        """This piece of the arguments' text; may be ""."""

    @property
    def choice(self) -> int:
        """Index of the choice."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def to_dict(self) -> dict[str, Any]:
        """The delta as JSON has it: its type and its fields."""

@final
class FinishDelta:
    """A choice has ended; comes once per choice and reason.

    Args:
        reason: The finish reason in the provider's own word.
        choice: Index of the choice.
    """

    __match_args__: ClassVar[tuple[Literal["reason"], Literal["choice"]]] = ("reason", "choice")

    def __new__(cls, reason: str, choice: int = 0) -> FinishDelta: ...
    @property
    def reason(self) -> str:
        """The finish reason in the provider's own word."""

    @property
    def choice(self) -> int:
        """Index of the choice."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def to_dict(self) -> dict[str, Any]:
        """The delta as JSON has it: its type and its fields."""

@final
class Usage:
    """Token counts, of one meaning in every dialect; None where the provider did not say.

    Input and output are totals, and the other counts are parts of them, as OpenTelemetry's conventions have it:
    <https://github.com/open-telemetry/semantic-conventions-genai>. docs/usage.md says which of a provider's members
    make up each, and where the provider says so.

    Args:
        raw: The provider's own object.
    """

    __match_args__: ClassVar[tuple[Literal["raw"]]] = ("raw",)

    def __new__(cls, raw: dict[str, Any]) -> Usage: ...
    @property
    def input_tokens(self) -> int | None:
        """All tokens of the input: cached and cache-written ones are part of it."""

    @property
    def output_tokens(self) -> int | None:
        """All tokens of the output: reasoning is part of it."""

    @property
    def cached_tokens(self) -> int | None:
        """Tokens of the input that were read from a cache."""

    @property
    def cache_write_tokens(self) -> int | None:
        """Tokens of the input that were written to a cache."""

    @property
    def reasoning_tokens(self) -> int | None:
        """Tokens of the output that were reasoning."""

    @property
    def raw(self) -> dict[str, Any]:
        """The provider's own object, as a new dict: what it sent, laid over key by key, never summed."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def to_dict(self) -> dict[str, Any]:
        """The usage as JSON has it: the five counts and `raw`."""

@final
class UsageDelta:
    """The usage has changed.

    Args:
        usage: All counts so far.
        choice: Always 0: usage is the whole stream's.
    """

    __match_args__: ClassVar[tuple[Literal["usage"], Literal["choice"]]] = ("usage", "choice")

    def __new__(cls, usage: Usage, choice: int = 0) -> UsageDelta: ...
    @property
    def usage(self) -> Usage:
        """All counts so far."""

    @property
    def choice(self) -> int:
        """Always 0: usage is the whole stream's."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def to_dict(self) -> dict[str, Any]:
        """The delta as JSON has it: its type and its fields, of which `usage` is what `Usage.to_dict` gives."""

@final
class OtherDelta:
    """Anything else that a payload says.

    Args:
        kind: What it is: "role", "logprobs", "audio", another member's own name, or "event" for a payload
            that the dialect does not know.
        value: Its JSON value.
        choice: Index of the choice; 0 for what belongs to the whole stream.
    """

    __match_args__: ClassVar[tuple[Literal["kind"], Literal["value"], Literal["choice"]]] = ("kind", "value", "choice")

    def __new__(cls, kind: str, value: Any, choice: int = 0) -> OtherDelta: ...
    @property
    def kind(self) -> str:
        """What it is."""

    @property
    def value(self) -> Any:
        """Its JSON value, read anew at each access."""

    @property
    def choice(self) -> int:
        """Index of the choice; 0 for what belongs to the whole stream."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def to_dict(self) -> dict[str, Any]:
        """The delta as JSON has it: its type and its fields."""

@final
class Accumulator:
    """Accumulates one stream, without I/O: bytes in, deltas out, the whole in `snapshot`.

    Args:
        dialect: The API's name; None finds it from the first payload that shows it.
        max_event_size: Bytes that one event may have; None for no limit.
        max_total_size: Bytes of texts, and of the JSON text of objects, that may be kept; None for no limit.
            Text that the provider's own object has too counts twice, as it is kept twice.
        max_choices: Choices that may be kept; None for no limit.
        max_tool_calls: Tool calls that may be kept of one choice; None for no limit.

    A limit of the whole is looked at after each event, at the latest after as many bytes as there are members,
    choices and calls: what is kept can be larger by that, and by one event.

    Raises:
        ValueError: The dialect is not known; the message lists those that are.
    """

    def __new__(
        cls,
        dialect: Dialect | None = None,
        *,
        max_event_size: int | None = 67108864,
        max_total_size: int | None = None,
        max_choices: int | None = 131072,
        max_tool_calls: int | None = 131072,
    ) -> Accumulator: ...
    @property
    def snapshot(self) -> Snapshot:
        """The whole so far: a live, read-only view. Copying or pickling it freezes it."""

    @property
    def usage(self) -> Usage | None:
        """The usage so far; None until one came."""

    @property
    def error(self) -> ProviderError | None:
        """The first API error of the stream; None if there was none."""

    @property
    def dialect(self) -> Dialect | None:
        """The dialect's name; None until a payload has shown it."""

    @property
    def done(self) -> bool:
        """Whether the dialect's terminal was seen."""

    @property
    def _foreign(self) -> bytes | None:
        """The body's first bytes, at most 64 KiB, where it turned out to be no event stream at all; else None."""

    @property
    def _events(self) -> int:
        """Events so far, or JSON values where the body is made of them."""

    @property
    def _matched(self) -> int:
        """Payloads so far that were compared with the shape of an earlier one instead of parsed."""

    def feed(self, data: _Data) -> list[Delta]:
        """Takes a piece of the body, cut anywhere.

        An API error in the stream is not raised here: it sets `error`, and `close()` raises it.

        Returns:
            The deltas that it completes, in order.

        Raises:
            EventTooLargeError: An event is larger than `max_event_size`, or a limit of the whole was crossed.
                Deltas before it are returned first, and the next call raises; so does every later one.
            TypeError: `data` is not a bytes-like object.
        """

    def feed_event(self, event: ServerSentEvent) -> list[Delta]:
        """Takes an event that came in another framing, a websocket's for example.

        Returns:
            Its deltas, in order.

        Raises:
            EventTooLargeError: A limit of the whole was crossed before it.
        """

    def observe(self, data: _Data) -> None:
        """Takes a piece of the body without making Python objects of its deltas.

        Raises:
            EventTooLargeError: An event is larger than `max_event_size`, or a limit of the whole was crossed.
                What comes before it in the piece is taken first, and the next call raises; so does every later one.
            TypeError: `data` is not a bytes-like object.
        """

    def flush(self) -> list[Delta]:
        """Marks the end of the input.

        Returns:
            The deltas of an unterminated last event, if it is a whole payload or the sentinel; text that
            waited for the other half of a character.
        """

    def close(self) -> Snapshot:
        """Flushes, and checks that the stream is complete. May be called again.

        Returns:
            The snapshot.

        Raises:
            ProviderError: The stream carried an API error.
            EventTooLargeError: An event was larger than `max_event_size`, or a limit of the whole was crossed.
            IncompleteStreamError: The stream ended before its terminal.
        """

@final
class Snapshot:
    """The whole so far: a live, read-only view of what an accumulator holds.

    It follows the stream without being asked again; `copy.copy()` or pickling gives one that stays as it
    is. Making a view costs nothing; a text is joined when it is read, and kept until it grows.
    """

    @property
    def dialect(self) -> Dialect | None:
        """The dialect's name; None until a payload has shown it."""

    @property
    def id(self) -> str | None:
        """The message's id; None until one came."""

    @property
    def model(self) -> str | None:
        """The model that answers; None until it was named."""

    @property
    def choices(self) -> list[Choice]:
        """The choices, by index."""

    @property
    def usage(self) -> Usage | None:
        """The usage so far; None until one came."""

    @property
    def error(self) -> ProviderError | None:
        """The first API error of the stream; None if there was none."""

    @property
    def done(self) -> bool:
        """Whether the dialect's terminal was seen."""

    @property
    def text(self) -> str:
        """The first choice's text; "" while there is none."""

    @property
    def reasoning(self) -> str:
        """The first choice's reasoning; "" while there is none."""

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The first choice's tool calls, in the order in which they first appeared."""

    @property
    def finish_reason(self) -> str | None:
        """Why the first choice ended, in the provider's own word; None while it has not."""

    def parse_partial(self, *, partial_numbers: bool = False) -> Any:
        """The first choice's text, read as JSON as far as it is certain; None while nothing is.

        For structured output: see `ToolCall.parse_partial`, whose rules are these too.

        Args:
            partial_numbers: Give the number that the text breaks off in, as far as it goes.

        Raises:
            json.JSONDecodeError: The text cannot become JSON, whatever follows; it is a ValueError.
        """

    def to_dict(self) -> dict[str, Any]:
        """The provider's own non-streaming object, as a new dict; empty while the dialect is unknown."""

    def __copy__(self) -> Snapshot: ...
    def __deepcopy__(self, _memo: dict[int, Any]) -> Snapshot: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Choice:
    """One of the answers: a live, read-only view."""

    @property
    def index(self) -> int:
        """Its index."""

    @property
    def role(self) -> str | None:
        """The speaker; None where the stream does not say."""

    @property
    def content(self) -> str | None:
        """The answer's text; None until some came, even an empty piece."""

    @property
    def reasoning(self) -> str | None:
        """The reasoning; None until some came."""

    @property
    def refusal(self) -> str | None:
        """The refusal; None until some came."""

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The tool calls, in the order in which they first appeared.

        A legacy function call is one of type "function_call".
        """

    @property
    def finish_reason(self) -> str | None:
        """Why the choice ended, in the provider's own word; None while it has not."""

    @property
    def logprobs(self) -> dict[str, Any] | None:
        """The log probabilities so far, as a new dict; None where there are none."""

    def parse_partial(self, *, partial_numbers: bool = False) -> Any:
        """The content, read as JSON as far as it is certain; None while nothing is.

        For structured output: see `ToolCall.parse_partial`, whose rules are these too.

        Args:
            partial_numbers: Give the number that the text breaks off in, as far as it goes.

        Raises:
            json.JSONDecodeError: The content cannot become JSON, whatever follows; it is a ValueError.
        """

    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class ToolCall:
    """One call of a tool: a live, read-only view."""

    @property
    def index(self) -> int:
        """Position in `Choice.tool_calls`."""

    @property
    def id(self) -> str | None:
        """The provider's id; None where it gave none."""

    @property
    def type(self) -> str:
        """The kind: "function", "function_call" for a legacy function call, or the provider's own word."""

    @property
    def name(self) -> str | None:
        """The tool's name; None until one came."""

    @property
    def arguments(self) -> str:
        """The arguments' raw text so far."""

    def parse(self) -> Any:
        """The arguments, read as JSON; "" gives {}, as calls without parameters are streamed.

        Raises:
            json.JSONDecodeError: The arguments are not JSON, or not all there yet; it is a ValueError.
        """

    def parse_partial(self, *, partial_numbers: bool = False) -> Any:
        """The arguments, read as JSON as far as they are certain; {} while nothing is.

        One object that grows in place: every call gives the same one, `copy.deepcopy()` keeps it as it is,
        and to change it is to change what every other caller sees. Calling this after each delta takes time
        in proportion to the arguments' length, all calls together.

        A member is there as soon as its value begins, a string as far as its characters are known; true,
        false and null when they are complete, numbers when the next character shows that they are. Of
        members with one name the last counts. Complete arguments give what `parse()` gives.

            for delta in stream:
                if isinstance(delta, ssewire.ToolCallDelta):
                    call = stream.snapshot.tool_calls[delta.index]
                    show(call.name, call.parse_partial())

        Args:
            partial_numbers: Give the number that the arguments break off in, as far as it goes: 12 of
                `{"n": 12`, which may become 12.5 or 120. This makes an object of its own.

        Raises:
            json.JSONDecodeError: The arguments cannot become JSON, whatever follows, or are nested deeper
                than 1024 levels. The message says what was expected, what came, and at which character, which
                `pos` is in `doc`, the text so far; later calls raise the same. It is a ValueError.
        """

    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class EventIterator(Generic[_E]):
    """The events of an iterator of pieces, or of pieces that Python awaits and passes in.

    Args:
        pieces: The iterator; None where `take` is called instead.
        decoder: A decoder with the options and the state to begin with; it is not changed.
        kind: "event" for `ServerSentEvent`s; "package" for what the providers' packages expect of a decoder; "loop"
            for the same without named blocks that have no data, which their loops choke on, but for errors; "unread"
            for "loop" with payloads that are read when they are needed.
        make: What makes the objects that are given instead of `ServerSentEvent`s, called with each one's type, data,
            id and reconnection time.
        on_comment: What is called with the text of each comment, before the events after it are given. What it raises
            comes out; the iterator can go on after it.
        source: What the pieces come from: its status and headers are put on errors. None where there is no response.

    Warns:
        RuntimeWarning: The pieces were lines without their ends, in which no event can be found.
    """

    @overload
    def __new__(
        cls,
        pieces: Iterable[_Data] | None,
        decoder: SSEDecoder,
        kind: Literal["event"] = "event",
        *,
        make: None = None,
        on_comment: Callable[[str], object] | None = None,
        source: object | None = None,
    ) -> EventIterator[ServerSentEvent]: ...
    @overload
    def __new__(
        cls,
        pieces: Iterable[_Data] | None,
        decoder: SSEDecoder,
        kind: Literal["package", "loop", "unread"],
        *,
        make: None = None,
        on_comment: Callable[[str], object] | None = None,
        source: object | None = None,
    ) -> EventIterator[SdkEvent]: ...
    @overload
    def __new__(
        cls,
        pieces: Iterable[_Data] | None,
        decoder: SSEDecoder,
        kind: Literal["event"] = "event",
        *,
        make: Callable[[str, str, str, int | None], _E],
        on_comment: Callable[[str], object] | None = None,
        source: object | None = None,
    ) -> EventIterator[_E]: ...
    @property
    def last_event_id(self) -> str:
        """The last event ID in force, "" if none: as of what was given so far, not of what still waits in the piece."""
    @property
    def retry(self) -> int | None:
        """The last valid reconnection time in milliseconds."""
    def close(self) -> list[_E]:
        """Marks the end of the input, and makes ready for a new stream that is given to `take`.

        `last_event_id` and `retry` survive.

        Returns:
            What the tail policy gives: no event or one.
        """

    def take(self, data: _Data) -> None:
        """Takes a piece, once all of the one before was given out.

        Raises:
            TypeError: `data` is not a bytes-like object.
        """

    def __iter__(self) -> Iterator[_E]: ...
    def __next__(self) -> _E: ...

@final
class SdkEvent:
    """An event as the providers' packages expect it: what the stream does not name is None."""

    @property
    def data(self) -> str:
        """The data."""

    @property
    def event(self) -> str | None:
        """The event type; None where the stream names none."""

    @property
    def id(self) -> str | None:
        """The last event ID; None where the stream has none."""

    @property
    def raw(self) -> list[str]:
        """The event's lines, without their ends; no comments, and no fields that are not known."""

    @property
    def retry(self) -> int | None:
        """The reconnection time in milliseconds, where this event carried one."""

    def json(self) -> Any:
        """Reads the data.

        An event of kind "unread" returns itself if its data is an object that is no error: nothing needs it as
        Python objects then.

        Raises:
            json.JSONDecodeError: The data is not JSON. An unread object that is not raises when it is read.
        """

    def read(self) -> Any:
        """Reads the data.

        Raises:
            json.JSONDecodeError: It is no JSON.
        """

@final
class DeltaIterator:
    """The deltas of a source.

    Args:
        reader: What owns the source: `pieces`, an iterator of bytes-like objects; `finish(error)`, called
            once when the deltas are all out, with the transport's exception or None, to release the source
            and raise what is wrong; `release()`, called instead where nothing is to be raised.
        accumulator: What the pieces are fed to.
    """

    def __new__(cls, reader: Any, accumulator: Accumulator) -> DeltaIterator: ...
    def __iter__(self) -> Iterator[Delta]: ...
    def __next__(self) -> Delta: ...
    def exhaust(self) -> None:
        """Reads to the end, without making Python objects of the deltas."""

    def stop(self) -> bool:
        """Ends the iteration from outside, quietly.

        Returns:
            Whether a thread is waiting for the source right now: then that thread releases it as soon as it
            wakes up, and must be woken.
        """

@final
class DirectPieces:
    """The pieces of a body in the chunked coding: whole chunks as they are received, all else by the client's iterator.

    Args:
        own: The client's own iterator, which nobody has asked yet. It begins, and ends, and raises.
        body: What knows the client's insides. `begin()` returns what the client has received and not read, where it is
            between two chunks; b"" where there is nothing, and the network is read by `receive(size)`; None where it
            is the client's turn. While the network is read, `watch.was_read` says that the client has read from it
            too, and `leave()` ends that. `give(contents, rest)` gives the client contents of chunks, and what
            follows them: both b"" is the connection's end. `fail(error)` has it meet what `receive` raised. `is_plain`
            is false where all contents have to be given to it. `counted` is None, or an object and the name of its
            attribute that counts the bytes of the contents.
        size: How many bytes are asked for at once.
    """

    def __new__(cls, own: Iterator[bytes], body: ChunkedBody, size: int) -> DirectPieces: ...
    @property
    def gi_running(self) -> bool:
        """Whether a thread is reading right now, as a generator says it."""

    def __iter__(self) -> Iterator[bytes]: ...
    def __next__(self) -> bytes: ...
    def close(self) -> None:
        """Closes the client's own iterator.

        Raises:
            ValueError: A thread is reading right now.
        """

@final
class TextIterator:
    """The text of choice 0 out of a `DeltaIterator`, whose place in the stream it shares."""

    def __new__(cls, deltas: DeltaIterator) -> TextIterator: ...
    def __iter__(self) -> Iterator[str]: ...
    def __next__(self) -> str: ...

@final
class PushDeltaIterator:
    """The deltas of an `AsyncStream`, whose pieces Python awaits.

    Iterating gives what the last piece taken completes, and continues when another one is taken.

    Args:
        accumulator: What the pieces are fed to.
    """

    def __new__(cls, accumulator: Accumulator) -> PushDeltaIterator: ...
    @property
    def over(self) -> bool:
        """Whether a terminal, an error or a fault was seen: the rest of the body does not count."""

    @property
    def texts(self) -> Iterator[str]:
        """An iterator of the same pieces that gives only the text of choice 0."""

    @property
    def nothing(self) -> Iterator[Never]:
        """An iterator of the same pieces that gives nothing: they are only folded."""

    def flush(self) -> None:
        """Marks the end of the input."""

    def take(self, data: _Data) -> None:
        """Takes a piece, once all of the one before was given out.

        Raises:
            TypeError: `data` is not a bytes-like object.
        """

    def __iter__(self) -> Iterator[Delta]: ...
    def __next__(self) -> Delta: ...

def may_have_huge_integer(text: str) -> bool:
    """Whether JSON text may hold an integer of more than 64 bits."""

def beginning(body: bytes) -> str:
    """How a body begins, in words."""

def body_format(body: bytes) -> str | None:
    """The format of a body that begins like this, if its first bytes show it; None where they do not."""

def encode_comment(text: str = "", /) -> bytes:
    """A comment in wire form, its blank line included: what keeps an idle stream alive, and no reader sees.

    Proxies and clients take a stream that is silent for long for a dead one; the HTML standard (9.2.7) advises a
    comment every 15 seconds or so. It is sent between events, not inside one.

    Args:
        text: What it says. CR, LF and CRLF end lines, each of which is a comment of its own: none can inject a
            field.

    Raises:
        ValueError: NUL or a lone surrogate in the text.
    """

def fold_bodies(
    layout: str,
    buffers: Sequence[Buffer | None],
    offset: int,
    length: int,
    dialect: str | None = None,
    *,
    threads: int = 1,
    object: bool = False,
    max_event_size: int | None = 67108864,
    max_total_size: int | None = None,
    max_choices: int | None = 131072,
    max_tool_calls: int | None = 131072,
) -> list[bytes | None]:
    """Folds the bodies of an Arrow array into the columns of their rows, without the GIL.

    Args:
        layout: The array's type: "binary", "large_binary" or "binary_view"; text has the same layouts.
        buffers: The array's buffers; None for the first where there is no null.
        offset: The position in the buffers of its first body.
        length: How many bodies there are.
        dialect: The API's name; None finds it.
        threads: How many share the bodies.
        object: Give the provider's own object, as JSON text, as the last column.
        max_event_size: As `Accumulator` takes it, of each body.
        max_total_size: As `Accumulator` takes it, of each body.
        max_choices: As `Accumulator` takes it, of each body.
        max_tool_calls: As `Accumulator` takes it, of each body.

    Returns:
        The buffers of an array of structs that have the columns, depth first, as `Array.from_buffers` takes them.

    Raises:
        ValueError: The dialect is not known, `threads` is 0, or a body lies outside of its array's buffers.
    """

def observe_whole(
    data: _Data,
    dialect: str | None = None,
    *,
    max_event_size: int | None = 67108864,
    max_total_size: int | None = None,
    max_choices: int | None = 131072,
    max_tool_calls: int | None = 131072,
) -> Accumulator:
    """Folds a whole body, without the GIL.

    Returns:
        Its accumulator, which has the fault where a limit was crossed: `close()` raises it.
    """

def take_chunks(data: bytes) -> tuple[bytes, int]:
    """Takes the whole chunks that the data begins with: RFC 9112, section 7.1.

    Extensions, the last chunk and what is no chunk are left, and so is all that follows them.

    Returns:
        The contents of the chunks, and how many bytes of the data the chunks are.
    """

def _restore_snapshot(pickled: str) -> Snapshot:
    """Restores a snapshot from its pickle."""

def _choice(snapshot: Snapshot, index: int) -> Choice:
    """Restores a choice from its pickle."""

def _tool_call(snapshot: Snapshot, choice: int, index: int) -> ToolCall:
    """Restores a tool call from its pickle."""
