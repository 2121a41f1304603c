"""`python -m ssewire`: the command `ssewire`."""

from __future__ import annotations

import sys

from ssewire.cli import main

if __name__ == "__main__":
    sys.exit(main())
