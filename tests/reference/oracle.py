"""An event stream parser as slow and plain as the standard's own text: what the fast one is held against.

Written from the HTML standard, section 9.2.6 "Interpreting an event stream", and the project's rules beyond it. It
wants the whole body at once and knows nothing of the package under test. The rules beyond the standard:

1. The last event ID is taken over at each blank line and outlives the stream; `retry` is taken at its line.
2. `tail="dispatch"`: the end of input ends the last line and the last block.
3. `dispatch_empty=True`: a block without data is dispatched where a valid event, id or retry field stood in it.
4. `max_event_size`: the content of each line and one for each line end, since the event began. It begins with the
   block's first known field: no comment and no unknown field before that counts, nor an unended line without a colon,
   which may become one. A blank line counts nothing.
5. `keep_comments=True`: a comment is given with its line end, and one that is never ended is not; between events it has
   the limit for itself alone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

BOM = b"\xef\xbb\xbf"
LINE_END = re.compile(rb"\r\n|\r|\n")
# At most 19 digits after the leading zeros: more are above MAX_RETRY, and int() refuses thousands of them.
ASCII_DIGITS = re.compile(r"0*([0-9]{1,19})")
MAX_RETRY = 2**63 - 1
KNOWN_FIELDS = frozenset({"data", "event", "id", "retry"})


class Options(TypedDict, total=False):
    """The decoder's keyword arguments."""

    tail: Literal["discard", "dispatch"]
    dispatch_empty: bool
    max_event_size: int | None


class Event(NamedTuple):
    """A dispatched event: type, data, last event ID in force, reconnection time in milliseconds."""

    event: str
    data: str
    id: str
    retry: int | None


class Fault(NamedTuple):
    """An event that grew beyond the limit; both in bytes."""

    size: int
    limit: int


class Outcome(NamedTuple):
    """What a whole body gives once it is fed and closed."""

    events: list[Event]
    last_event_id: str
    retry: int | None
    error: Fault | None
    comments: tuple[tuple[int, str], ...] = ()  # the number of events before each, and its text


class Case(NamedTuple):
    """One case of the corpus: a body, and what it gives."""

    name: str
    body: bytes
    options: Options
    expected: Outcome


def _case(entry: dict[str, Any]) -> Case:
    body = entry["input"].encode() if "input" in entry else bytes.fromhex(entry["input_hex"])
    events = [Event(**event) for event in entry["events"]]
    error = Fault(**entry["error"]) if "error" in entry else None
    options: Options = entry.get("options", {})
    return Case(entry["name"], body, options, Outcome(events, entry["last_event_id"], entry["retry"], error))


def corpus() -> list[Case]:
    """Give the cases that the Rust tests share; their expectations were written by hand, not by this parser."""
    entries = json.loads((Path(__file__).parents[1] / "data" / "framing.json").read_text(encoding="utf-8"))
    return [_case(entry) for entry in entries]


class _TooLargeError(Exception):
    pass


def split_field(line: bytes) -> tuple[str, str]:
    """Give a line's field name and value; a comment's name is "".

    Decoding line by line gives what decoding the body gives: no UTF-8 sequence, whole or broken, holds a CR or LF.
    """
    name, _, value = line.decode("utf-8", "replace").partition(":")
    return name, value.removeprefix(" ")


def parse_retry(value: str) -> int | None:
    digits = ASCII_DIGITS.fullmatch(value)
    return int(digits[1]) if digits and int(digits[1]) <= MAX_RETRY else None


@dataclass
class _Interpreter:
    """The standard's buffers, and what the rules beyond it need to remember."""

    dispatch_empty: bool
    limit: int | None
    last_event_id: str
    retry: int | None
    keep_comments: bool

    def __post_init__(self) -> None:
        self.events: list[Event] = []
        self.comments: list[tuple[int, str]] = []
        self.last_event_id_buffer = self.last_event_id
        self.begin_block()

    def begin_block(self) -> None:
        self.data = ""
        self.event_type = ""
        self.block_retry: int | None = None
        self.has_valid_field = False
        self.has_known_field = False
        self.size = 0

    def count(self, line: bytes, line_end: int) -> None:
        if split_field(line)[0] in KNOWN_FIELDS:
            self.has_known_field = True
        size = len(line) + line_end
        if line and self.has_known_field:
            self.size += size
        alone = size if self.is_kept_comment(line) and not self.has_known_field else 0
        if self.limit is not None and max(self.size, alone) > self.limit:
            raise _TooLargeError

    def is_kept_comment(self, line: bytes) -> bool:
        return self.keep_comments and line.startswith(b":")

    def whole_line(self, line: bytes) -> None:
        """Count the line and its end, then interpret it."""
        self.count(line, line_end=1)
        if self.is_kept_comment(line):
            self.comments.append((len(self.events), split_field(line)[1]))
        self.interpret(line)

    def interpret(self, line: bytes) -> None:
        if line:
            self.process_field(*split_field(line))
        else:
            self.dispatch()

    def process_field(self, name: str, value: str) -> None:
        if name == "data":
            self.data += value + "\n"
        elif name == "event":
            self.event_type = value
            self.has_valid_field = True
        elif name == "id" and "\0" not in value:
            self.last_event_id_buffer = value
            self.has_valid_field = True
        elif name == "retry" and (retry := parse_retry(value)) is not None:
            self.retry = self.block_retry = retry
            self.has_valid_field = True

    def dispatch(self) -> None:
        self.last_event_id = self.last_event_id_buffer
        if self.data or (self.dispatch_empty and self.has_valid_field):
            data = self.data.removesuffix("\n")
            self.events.append(Event(self.event_type or "message", data, self.last_event_id, self.block_retry))
        self.begin_block()


def interpret_stream(  # noqa: PLR0913  the decoder's options, and what outlives a stream
    body: bytes,
    *,
    tail: Literal["discard", "dispatch"] = "discard",
    dispatch_empty: bool = False,
    max_event_size: int | None = None,
    last_event_id: str = "",
    retry: int | None = None,
    keep_comments: bool = False,
) -> Outcome:
    """Interpret a whole event stream; `last_event_id` and `retry` are those that an earlier stream left."""
    interpreter = _Interpreter(dispatch_empty, max_event_size, last_event_id, retry, keep_comments)
    *lines, rest = LINE_END.split(body.removeprefix(BOM))
    error = None
    try:
        for line in lines:
            interpreter.whole_line(line)
        if tail == "dispatch" or b":" in rest or interpreter.has_known_field:
            interpreter.count(rest, line_end=0)
        if tail == "dispatch":
            interpreter.interpret(rest)
            interpreter.interpret(b"")
    except _TooLargeError:
        assert max_event_size is not None
        error = Fault(max_event_size + 1, max_event_size)
    comments = tuple(interpreter.comments)
    return Outcome(interpreter.events, interpreter.last_event_id, interpreter.retry, error, comments)
