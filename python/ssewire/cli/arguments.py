"""The parser of the command's arguments: argparse's, where a user is left alone by it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


class Parser(argparse.ArgumentParser):
    """Fails where help cannot be written, and says which command an unknown argument was given to."""

    # argparse's own, which has no public name, lets pass that help could not be written.
    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if file is not None and file is sys.stdout:
            file.write(message)
        else:
            super()._print_message(message, file)

    # argparse's own passes on what a command does not know, of which the parser of all commands then complains.
    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse; what is unknown is an error of this parser."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._hint(unknown[0])}")
        return found, unknown

    def _hint(self, unknown: str) -> str:
        import difflib  # noqa: PLC0415 - seldom needed

        near = difflib.get_close_matches(unknown, self._option_string_actions, 1)
        return f" (did you mean {near[0]}?)" if near else ""


def positive(text: str) -> int:
    """Read a number that is at least 1.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a number that is at least 1, not {text!r}")
    return int(text)
