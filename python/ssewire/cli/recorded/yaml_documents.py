"""YAML as cassettes have it, read without making objects of its tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssewire.cli.recorded.items import UnreadableError

try:
    import yaml
except ImportError:
    raise UnreadableError("a cassette of YAML, which needs: pip install pyyaml") from None

if TYPE_CHECKING:
    from collections.abc import Iterator

# libyaml's is several times as fast; PyYAML can be built without.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Reads tags as what they are on: text, a list, an object."""

    def untagged(self, _tag: str, node: yaml.Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self.construct_mapping(node, deep=True)
        return self.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else node.value


_Loader.add_multi_constructor("", _Loader.untagged)  # !ruby/struct:…, !!python/unicode
_Loader.add_constructor("!binary", _Loader.construct_yaml_binary)  # Ruby's name for it


def documents(data: bytes) -> Iterator[Any]:
    """Give a file's documents, one after the other; empty ones are left out.

    Raises:
        UnreadableError: it is no YAML.
    """
    try:
        yield from (document for document in yaml.load_all(data, _Loader) if document is not None)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date that is none
        raise UnreadableError(
            f"it begins as a cassette of YAML, and is none: {' '.join(str(error).split())[:200]}"
        ) from error
