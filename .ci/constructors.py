"""For griffe, which reads the package for the site: the binding's classes have their arguments in `__new__`."""

from __future__ import annotations

from typing import Any

import griffe


class Constructors(griffe.Extension):
    """Gives classes that have only a `__new__` an `__init__` of the same arguments, where griffe looks for them."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Look at a class that has just been read."""
        new = cls.members.get("__new__")
        if isinstance(new, griffe.Function) and "__init__" not in cls.members:
            cls.set_member("__init__", griffe.Function("__init__", parameters=new.parameters, lineno=new.lineno))
