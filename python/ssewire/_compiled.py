"""Whether the compiled module is there: where it is not, the import says why, and what to do."""

from __future__ import annotations

import sys

try:
    import ssewire._core  # noqa: F401 - only whether it can be imported counts
except ModuleNotFoundError as error:
    if error.name != "ssewire._core":
        raise
    _python = f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]} on {sys.platform}"
    raise ImportError(
        f"ssewire is here without its compiled module for {_python}: it was copied from another Python or system, "
        "or it is a checkout that was not built. Install it for this one, with "
        "`python -m pip install --force-reinstall ssewire`; in a checkout, `make demo` builds it",
        name=error.name,
        path=__file__,
    ) from error
