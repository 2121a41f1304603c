"""How a client is changed: two of its methods and its copying are laid over, on the instance alone.

Both packages come from one generator, and have the same seams: `_make_sse_decoder`, which every stream calls for its
framing, and `_process_response_data`, which builds every object. Neither is public; where a release has them no more,
or a subclass has its own, they are left as they are.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any, TypeVar

from ssewire.integrations._decoder import Decoder, UnreadDecoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssewire.integrations._builders import Builders

_Client = TypeVar("_Client")

_MARK = "_ssewire_builders"


def install(client: _Client, package: str) -> _Client:
    """Lay the fast methods over a client's own; once, however often it is called.

    Raises:
        TypeError: It is no client of that package.
    """
    base = importlib.import_module(f"{package}._base_client").BaseClient
    if not isinstance(client, base):
        raise TypeError(f"expected a client of the {package} package, got {type(client).__name__}")
    if _MARK not in vars(client):
        _install(client, base, _builders_for(package))
    return client


def _install(client: Any, base: type[Any], builders: Builders | None) -> None:
    if _MARK in vars(client):
        return
    setattr(client, _MARK, builders)
    decoder = Decoder
    if builders is not None and _is_inherited(client, base, "_process_response_data"):
        client._process_response_data = builders.processor(client)  # noqa: SLF001 - the seam, see above
        decoder = UnreadDecoder
    if _is_inherited(client, base, "_make_sse_decoder"):
        client._make_sse_decoder = decoder  # noqa: SLF001 - the seam, see above
    for name in ("copy", "with_options"):
        if hasattr(client, name):
            setattr(client, name, _accelerated_copy(getattr(client, name), base, builders))


def _is_inherited(client: object, base: type[Any], name: str) -> bool:
    """Whether the method is the package's own, not one of a subclass or of somebody who came before."""
    return name not in vars(client) and getattr(type(client), name, None) is getattr(base, name, client)


def _accelerated_copy(copy: Callable[..., Any], base: type[Any], builders: Builders | None) -> Callable[..., Any]:
    """Return `copy` with its result accelerated, by the same builders: what they learnt they know."""

    @functools.wraps(copy)
    def accelerated(*args: Any, **options: Any) -> Any:
        copied = copy(*args, **options)
        _install(copied, base, builders)
        return copied

    return accelerated


def _builders_for(package: str) -> Builders | None:
    """Return new builders, or None where the package's models, or pydantic, are not those that they know."""
    models = importlib.import_module(f"{package}._models")
    needed = ("BaseModel", "TypeAdapter", "construct_type", "_get_extra_fields_type")
    if not _is_known_pydantic() or not all(hasattr(models, name) for name in needed):
        return None
    from ssewire.integrations._builders import Builders  # noqa: PLC0415 - imports pydantic's core, which v1 lacks

    return Builders(models)


def _is_known_pydantic() -> bool:
    """Whether it is pydantic 2, from 2.10 on: before that its core takes the first of two members of one name."""
    major, minor = importlib.import_module("pydantic").VERSION.split(".")[:2]
    return (int(major), int(minor)) >= (2, 10)
