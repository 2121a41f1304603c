"""The SDKs that have the seams: where they are in one, and what is said where they are not.

One generator makes the SDKs of many providers, with the same two private methods on the base of all clients:
`_make_sse_decoder`, which every stream calls for its framing, and `_process_response_data`, which builds every object.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType, ModuleType

# The packages that `install()` looks for, by the names that users know them by.
PACKAGES = {
    "openai": "openai",
    "anthropic": "anthropic",
    "groq": "groq",
    "cerebras": "cerebras.cloud.sdk",
    "together": "together",
    "writerai": "writerai",
    "llama_api_client": "llama_api_client",
}
DECODER = "_make_sse_decoder"
PROCESS = "_process_response_data"


@dataclass(frozen=True)
class Sdk:
    """An SDK that has the seams.

    Attributes:
        package: what is imported: "groq", "cerebras.cloud.sdk".
        base: the class that all its clients come from.
        models: its module of models.
        loops: the code of its streams' own loops, which read events and have objects built of them.
    """

    package: str
    base: type[Any]
    models: Any
    loops: frozenset[CodeType]


def importable() -> list[str]:
    """Return the packages of those in `PACKAGES` that can be imported."""
    return [package for package in PACKAGES.values() if _is_importable(package)]


def _is_importable(package: str) -> bool:
    try:
        return importlib.util.find_spec(f"{package}._base_client") is not None
    except ModuleNotFoundError:  # of a parent
        return False


def package_of(client: object) -> str:
    """Return the package that a client comes from.

    Raises:
        TypeError: It is no client of a package that the generator made.
    """
    for cls in type(client).__mro__:
        package, _, module = cls.__module__.rpartition(".")
        if (module, cls.__name__) == ("_base_client", "BaseClient"):
            return package
    expected = ", ".join(PACKAGES)
    raise TypeError(f"expected a client of {expected} or another SDK of their generator, got {type(client).__name__}")


@lru_cache(maxsize=64)
def find_sdk(package: str) -> Sdk:
    """Import an SDK and look for its seams.

    Raises:
        ImportError: It cannot be imported, or this release of it lacks a seam; the message says which.
    """
    root = importlib.import_module(package)
    base = _seam(root, "_base_client", "BaseClient")
    streams = [_seam(root, "_streaming", name, "__stream__") for name in ("Stream", "AsyncStream")]
    for method in (DECODER, PROCESS):
        _seam(root, "_base_client", "BaseClient", method)
    models = importlib.import_module(f"{package}._models")
    return Sdk(package, base, models, frozenset(stream.__code__ for stream in streams))


def _seam(root: ModuleType, module: str, *names: str) -> Any:
    """Return what is at a place in a package."""
    place = ".".join((root.__name__, module, *names))
    try:
        found = importlib.import_module(f"{root.__name__}.{module}")
        for name in names:
            found = getattr(found, name)
    except (ModuleNotFoundError, AttributeError) as error:
        version = getattr(root, "__version__", "of unknown version")
        message = f"{root.__name__} {version} has no {place}, which ssewire reads its streams through"
        raise ImportError(message, name=root.__name__) from error
    return found
