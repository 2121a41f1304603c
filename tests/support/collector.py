"""The garbage collector, as far as tests can rely on when it runs."""

from __future__ import annotations

import sys

import pytest

collects_at_once = pytest.mark.skipif(
    not getattr(sys, "_is_gil_enabled", lambda: True)(),
    reason="without the GIL, CPython does not collect at the first object that is made",
)
