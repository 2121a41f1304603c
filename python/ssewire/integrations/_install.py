"""How clients are changed: an SDK's two seams are laid over, on one client or on the base of all.

The seams are not public: `_sdk.py` says what they are. A subclass that has its own keeps it.
"""

from __future__ import annotations

import functools
import importlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ssewire.integrations._decoder import Decoder, Truncated
from ssewire.integrations._sdk import DECODER, PACKAGES, PROCESS, Sdk, find_sdk, importable, package_of

if TYPE_CHECKING:
    from collections.abc import Callable

_Client = TypeVar("_Client")

_MARK = "_ssewire_methods"


@dataclass(frozen=True)
class _Methods:
    """What stands for the two seams of an SDK: functions that take the client first.

    Attributes:
        decoder: stands for `_make_sse_decoder`.
        process: stands for `_process_response_data`; None where objects are left to the SDK.
        truncated: what becomes of a stream that just stops.
        copies: what stands for the functions that copy a client.
    """

    decoder: Callable[[Any], Decoder]
    process: Callable[..., Any] | None
    truncated: Truncated
    copies: dict[Callable[..., Any], Callable[..., Any]] = field(default_factory=dict, compare=False)


def _methods(sdk: Sdk, truncated: Truncated) -> _Methods:
    process = _native_process(sdk)

    def make_sse_decoder(client: Any) -> Decoder:
        return Decoder(client, process, sdk.loops, truncated)

    return _Methods(make_sse_decoder, process, truncated)


def _check_option(truncated: Truncated, before: Truncated | None = None) -> None:
    if truncated not in ("ignore", "raise"):
        raise ValueError(f'truncated: expected "ignore" or "raise", got {truncated!r}')
    if before not in (None, truncated):
        raise ValueError(f"truncated={truncated!r}, after truncated={before!r}: it cannot be changed any more")


def _native_process(sdk: Sdk) -> Callable[..., Any] | None:
    """Return what builds objects natively; None where the SDK's models, or pydantic, are not those that are known."""
    needed = ("BaseModel", "TypeAdapter", "construct_type", "_get_extra_fields_type")
    if not _is_known_pydantic() or not all(hasattr(sdk.models, name) for name in needed):
        return None
    from ssewire.integrations._builders import Builders  # noqa: PLC0415 - imports pydantic's core, which v1 lacks

    return Builders(sdk.models).processor(getattr(sdk.base, PROCESS))


def _is_known_pydantic() -> bool:
    """Whether it is pydantic 2, from 2.10 on: before that its core takes the first of two members of one name."""
    major, minor = importlib.import_module("pydantic").VERSION.split(".")[:2]
    return (int(major), int(minor)) >= (2, 10)


# one client


def accelerate(client: _Client, *, truncated: Truncated = "ignore") -> _Client:
    """Make the streams of one client fast, and let them survive what the SDKs choke on.

    Only this client changes, and those that its `copy()` and `with_options()` make from now on. What it returns and
    raises stays what the SDK builds: the same classes, equal in every attribute. A client that frames otherwise
    (AnthropicBedrock: binary frames) keeps its own framing.

    Args:
        client: A client, synchronous or not, of openai, anthropic, groq, cerebras.cloud.sdk, together or another SDK
            of the same generator.
        truncated: What becomes of a stream that just stops. "ignore": it looks finished, as to the SDKs. "raise":
            its iteration raises after the last event, by the rules of `ssewire.Stream` and with its exceptions:
            IncompleteStreamError where the terminal is missing or the body is no event stream, ProviderError where
            an error ended it that the SDK does not look for.

    Returns:
        The same client.

    Raises:
        TypeError: It is no client of such an SDK.
        ImportError: This release of the SDK lacks a seam; the message says which.
        ValueError: `truncated` is neither, or not what the client was accelerated with before.
    """
    sdk = find_sdk(package_of(client))
    before: _Methods | None = vars(client).get(_MARK)
    _check_option(truncated, before.truncated if before else None)
    if before is None:
        _lay_over(client, sdk, _methods(sdk, truncated))
    return client


def accelerate_of(package: str, client: _Client, truncated: Truncated) -> _Client:
    """Do as `accelerate`, for clients of one package.

    Raises:
        TypeError: It is no client of that package.
        ImportError: This release of it lacks a seam.
    """
    if not isinstance(client, find_sdk(package).base):
        raise TypeError(f"expected a client of the {package} package, got {type(client).__name__}")
    return accelerate(client, truncated=truncated)


def _lay_over(client: Any, sdk: Sdk, methods: _Methods) -> None:
    if _MARK in vars(client):
        return
    setattr(client, _MARK, methods)
    for name, method in ((PROCESS, methods.process), (DECODER, methods.decoder)):
        if method is not None and _is_inherited(client, sdk.base, name):
            setattr(client, name, _Bound(method, client))
    for name in ("copy", "with_options"):
        copy = getattr(type(client), name, None)
        if copy is not None and name not in vars(client):
            setattr(client, name, _Bound(_accelerated_copy(copy, sdk, methods), client))


class _Bound(functools.partial[Any]):
    """A function bound to a client, as a method is; equal to that of the client's copies, as their other state is."""

    @property
    def __func__(self) -> Callable[..., Any]:
        return self.func

    def __eq__(self, other: object) -> bool:
        return type(other) is _Bound and self.func is other.func

    def __hash__(self) -> int:
        return hash(self.func)


def _is_inherited(client: object, base: type[Any], name: str) -> bool:
    """Whether the method is the SDK's own, not one of a subclass or of somebody who came before."""
    return name not in vars(client) and getattr(type(client), name) is getattr(base, name)


def _accelerated_copy(copy: Callable[..., Any], sdk: Sdk, methods: _Methods) -> Callable[..., Any]:
    """Return `copy` with its result accelerated, by the same methods: what they learnt they know."""

    @functools.wraps(copy)
    def accelerated(*args: Any, **options: Any) -> Any:
        copied = copy(*args, **options)
        _lay_over(copied, sdk, methods)
        return copied

    return methods.copies.setdefault(copy, accelerated)


# all clients of a process


@dataclass(frozen=True)
class _Replaced:
    """A seam of the base of all clients, what it was, and what it is now."""

    base: type[Any]
    name: str
    before: Any
    now: Any

    def put(self) -> None:
        setattr(self.base, self.name, self.now)

    def check(self) -> None:
        if vars(self.base)[self.name] is not self.now:
            raise RuntimeError(f"{self.base.__module__}.BaseClient.{self.name} was replaced again since install()")

    def undo(self) -> None:
        setattr(self.base, self.name, self.before)


@dataclass(frozen=True)
class _Installed:
    """The seams of an SDK that are replaced, and with what option."""

    seams: list[_Replaced]
    truncated: Truncated


_installed: dict[str, _Installed] = {}
_one_at_a_time = threading.Lock()


def install(*names: str, truncated: Truncated = "ignore") -> tuple[str, ...]:
    """Make the streams of all clients of SDKs fast, of those that were made and of those that will be.

    So libraries that make clients by themselves gain too. What is installed already stays as it is.

    Args:
        names: SDKs by the names that are imported ("openai", "anthropic", "groq", "cerebras", "together", …, or the
            package of another SDK of the same generator); none for all of those named here that can be imported.
        truncated: As in `accelerate`.

    Returns:
        The packages that are installed now, of those asked for.

    Raises:
        ImportError: An SDK cannot be imported, or its release lacks a seam; the message says which. Nothing is
            installed then.
        ValueError: `truncated` is neither, or not what an SDK is installed with. Nothing is installed then.
    """
    packages = _packages(names) if names else importable()
    if not packages:
        raise ImportError(f"none of these SDKs can be imported: {', '.join(PACKAGES)}")
    sdks = [find_sdk(package) for package in packages]
    with _one_at_a_time:
        for package in packages:
            before = _installed.get(package)
            _check_option(truncated, before.truncated if before else None)
        for sdk in sdks:
            if sdk.package not in _installed:
                _installed[sdk.package] = _Installed(_replace(_methods(sdk, truncated), sdk.base), truncated)
    return tuple(packages)


def uninstall(*names: str) -> None:
    """Undo `install`: the SDKs are what they were, and so are their clients.

    Streams that are being read go on as they began.

    Args:
        names: As in `install`; none for all that are installed.

    Raises:
        ImportError: As in `install`.
        RuntimeError: Somebody replaced a seam after `install`, and would be undone too; nothing is undone.
    """
    wanted = [find_sdk(package).package for package in _packages(names)]
    with _one_at_a_time:
        packages = [package for package in wanted if package in _installed] if names else list(_installed)
        for package in packages:
            for seam in _installed[package].seams:
                seam.check()
        for package in packages:
            for seam in reversed(_installed.pop(package).seams):
                seam.undo()


def _packages(names: tuple[str, ...]) -> list[str]:
    return [PACKAGES.get(name, name) for name in names]


def _replace(methods: _Methods, base: type[Any]) -> list[_Replaced]:
    """Replace what builds before what frames: unread events need their builder."""
    wanted = {PROCESS: methods.process, DECODER: methods.decoder}
    seams = [_Replaced(base, name, vars(base)[name], now) for name, now in wanted.items() if now is not None]
    for seam in seams:
        seam.put()
    return seams
