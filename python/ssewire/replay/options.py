"""What a replay server can be told, checked once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Framing = Literal["chunked", "close", "length"]
Encoding = Literal["identity", "gzip", "deflate"]


@dataclass(frozen=True)
class Options:
    """The options of `ReplayServer`, under the same names; see there.

    Raises:
        ValueError: where a value makes no sense, alone or beside the others.
    """

    rate: float | None = None
    piece_size: int | None = None
    cut_seed: int | None = None
    framing: Framing = "chunked"
    encoding: Encoding = "identity"
    drop_after: int | None = None
    reset: bool = False
    fail: tuple[int, bytes] | None = None
    fail_times: int | None = None
    linger: bool = False
    content_type: str = "text/event-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    gate: Callable[[int], object] | None = None

    def __post_init__(self) -> None:
        """Refuse what would fail later, or silently do nothing."""
        _one_of("framing", self.framing, get_args(Framing))
        _one_of("encoding", self.encoding, get_args(Encoding))
        _final("fail", None if self.fail is None else self.fail[0])
        _final("status", self.status)
        _at_least("rate", self.rate, 0)
        _at_least("piece_size", self.piece_size, 1)
        _at_least("drop_after", self.drop_after, 0)
        _at_least("fail_times", self.fail_times, 0)
        if self.fail_times is not None and self.fail is None and self.drop_after is None:
            raise ValueError("fail_times says how many requests fail: give fail or drop_after too")
        if self.reset and self.drop_after is None:
            raise ValueError("reset says how a connection is dropped: give drop_after too")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")


def _final(name: str, status: int | None) -> None:
    """Refuse what is no status of a final response: RFC 9110, 15. Those from 100 on announce one."""
    if status is not None and not 200 <= status <= 599:  # noqa: PLR2004 - the classes' first and last
        raise ValueError(f"{name}: an HTTP status is between 200 and 599, not {status!r}")


def _at_least(name: str, value: float | None, least: int) -> None:
    if value is not None and not value >= least:  # written so that NaN is refused
        raise ValueError(f"{name} must be at least {least}, not {value!r}")
