"""Completion in a shell: written by shtab, where it is installed."""

from __future__ import annotations

import argparse
from typing import Any

from ssewire.cli.status import CommandError

# What shtab has as its `FILE`: arguments that it completes with the names of files.
FILES = {
    "bash": "_shtab_compgen_files",
    "zsh": "_files",
    "fish": "(__fish_complete_path (commandline -ct))",
}


class PrintCompletion(argparse.Action):
    """Prints the script for a shell, and ends the command."""

    def __call__(self, parser: argparse.ArgumentParser, _namespace: Any, values: Any, _option: Any = None) -> None:
        """Print the script of the shell named `values`.

        Raises:
            CommandError: shtab is not installed.
        """
        try:
            import shtab  # noqa: PLC0415 - optional
        except ImportError:
            raise CommandError("--print-completion needs: pip install shtab") from None
        print(shtab.complete(parser, values))
        parser.exit()


def completes_files(action: argparse.Action) -> None:
    """Have an argument completed with the names of files."""
    vars(action)["complete"] = FILES
