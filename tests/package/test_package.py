"""What the package exports is there, documented, named after it, and true to its stubs; importing it is cheap."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import json
import pickle
import subprocess
import sys
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire import _core

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
STUB = Path(ssewire.__file__).with_name("_core.pyi")

CLASSES = [one for name in ssewire.__all__ if isinstance(one := getattr(ssewire, name), type)]
FUNCTIONS = [one for name in ssewire.__all__ if inspect.isroutine(one := getattr(ssewire, name))]
# What takes long to import, or is not everybody's.
COSTLY = {
    *(
        "aiohttp",
        "anyio",
        "asyncio",
        "dataclasses",
        "email",
        "http",
        "http.client",
        "httpx",
        "httpx2",
        "inspect",
        "json",
    ),
    *("niquests", "orjson", "pickle", "requests", "select", "socket", "ssl", "subprocess", "tempfile", "threading"),
    *("typing_extensions", "urllib.request", "urllib3", "zlib"),
}


def public(namespace: Any) -> list[str]:
    return [name for name in namespace if not name.startswith("_")]


# Exports


def test_all_is_what_there_is() -> None:
    assert sorted(set(ssewire.__all__)) == sorted(ssewire.__all__)
    exported = {name for name in public(vars(ssewire)) if not inspect.ismodule(getattr(ssewire, name))}
    assert exported - {"annotations"} == {*ssewire.__all__} - {"__version__"}


def test_the_names_of_the_design_are_exported() -> None:
    names = """ServerSentEvent SSEDecoder iter_sse aiter_sse Dialect Accumulator Delta TextDelta ReasoningDelta
        RefusalDelta ToolCallDelta FinishDelta UsageDelta OtherDelta Usage Snapshot Choice ToolCall collect Stream
        AsyncStream tee atee StreamError ProviderError IncompleteStreamError EventTooLargeError ResponseError"""
    assert {*names.split()} <= {*ssewire.__all__}
    assert len(CLASSES) + len(FUNCTIONS) + len(["Delta", "Dialect", "__version__"]) == len(ssewire.__all__)


@pytest.mark.parametrize("one", [*CLASSES, *FUNCTIONS])
def test_a_name_says_where_it_is_found(one: Any) -> None:
    assert one.__module__ == "ssewire"
    assert one.__qualname__ == one.__name__
    assert getattr(ssewire, one.__name__) is one
    assert pickle.loads(pickle.dumps(one)) is one  # noqa: S301 - our own pickle


def test_the_union_has_every_delta() -> None:
    deltas = {one for one in CLASSES if one.__name__.endswith("Delta")}
    assert {*typing.get_args(ssewire.Delta)} == deltas
    assert all("choice" in vars(one)["__match_args__"] for one in deltas)


def test_every_dialect_of_the_type_is_known() -> None:
    for name in typing.get_args(ssewire.Dialect):
        assert ssewire.Accumulator(name).dialect == name
        with pytest.raises(ValueError, match=name):
            ssewire.Accumulator("klingon")  # type: ignore[arg-type]


def test_every_error_is_a_stream_error() -> None:
    errors = [one for one in CLASSES if issubclass(one, BaseException)]
    assert len(errors) == 5
    assert all(issubclass(one, ssewire.StreamError) for one in errors)
    assert not issubclass(ssewire.StreamError, (OSError, ValueError))


def test_the_streams_are_twins() -> None:
    names = public(vars(ssewire.Stream))
    assert {"a" * (name == "close") + name for name in names} == {*public(vars(ssewire.AsyncStream))}
    one, other = (inspect.signature(stream).parameters.values() for stream in (ssewire.Stream, ssewire.AsyncStream))
    assert [str(parameter).replace("AsyncSource", "Source") for parameter in other] == [*map(str, one)]
    assert inspect.signature(ssewire.tee).parameters.keys() == inspect.signature(ssewire.atee).parameters.keys()


def test_the_event_sources_are_twins() -> None:
    names = public(vars(ssewire.EventSource))
    assert {*names, "aclose"} == {*public(vars(ssewire.AsyncEventSource))}
    assert inspect.signature(ssewire.EventSource) == inspect.signature(ssewire.AsyncEventSource)


def test_the_retrying_streams_are_twins() -> None:
    signatures = map(inspect.signature, (ssewire.retrying, ssewire.aretrying))
    assert len({tuple(signature.parameters) for signature in signatures}) == 1


def test_a_name_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'EventSink'"):
        _ = ssewire.EventSink


def test_the_version_is_the_distribution_s() -> None:
    assert ssewire.__version__ == importlib.metadata.version("ssewire")


# Docstrings


@pytest.mark.parametrize("one", [ssewire, *CLASSES, *FUNCTIONS])
def test_a_public_name_is_documented(one: Any) -> None:
    assert is_documented(one)
    if isinstance(one, type):
        for name in public(vars(one)):
            member = vars(one)[name]
            described = isinstance(member, property) or inspect.isroutine(member) or hasattr(member, "__get__")
            assert is_documented(member) == described, name


def is_documented(one: Any) -> bool:
    """A first line that is a sentence; a plain value has only its type's."""
    text = one.__doc__ or ""
    return text != type(one).__doc__ and text.split("\n\n")[0].rstrip().endswith(".")


def documented_in_stub() -> Iterator[tuple[str, Any, ast.AST]]:
    """Each class, function and member of the stub, with what it is at runtime."""
    for node in ast.parse(STUB.read_text("utf-8")).body:
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            continue
        owner = getattr(_core, node.name)
        yield node.name, owner, node
        for member in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(member, ast.FunctionDef) and not member.name.startswith("__"):
                yield f"{node.name}.{member.name}", vars(owner)[member.name], member


DOCUMENTED = {name: (runtime, node) for name, runtime, node in documented_in_stub()}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_stub_has_the_runtime_s_docstring(name: str) -> None:
    runtime, node = DOCUMENTED[name]
    assert isinstance(node, (ast.ClassDef, ast.FunctionDef))
    assert ast.get_docstring(node) == inspect.getdoc(runtime)
    assert ast.get_docstring(node)


def test_every_native_name_is_in_the_stub() -> None:
    native = {name: one for name, one in vars(_core).items() if isinstance(one, type) or inspect.isroutine(one)}
    members = {
        f"{owner}.{name}"
        for owner, one in native.items()
        for name, member in (vars(one).items() if isinstance(one, type) else ())
        if not name.startswith("__") and (inspect.isroutine(member) or inspect.isdatadescriptor(member))
    }
    assert {*native, *members} == {*DOCUMENTED}


def test_the_stub_has_the_runtime_s_signatures() -> None:
    pytest.importorskip("mypy", reason="stubtest is a part of mypy")
    command = [sys.executable, "-m", "mypy.stubtest", "ssewire._core", "--mypy-config-file", "pyproject.toml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_typed() -> None:
    assert Path(ssewire.__file__).with_name("py.typed").is_file()
    assert STUB.is_file()


# Importing


def modules_after(program: str) -> tuple[set[str], set[str]]:
    """The modules that the interpreter comes with, and those that a program adds, which may not warn of anything."""
    lines = "import sys; before = [*sys.modules]", program, "print([before, [*sys.modules]])"
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", "\n".join(lines)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert (done.returncode, done.stderr) == (0, "")
    before, after = json.loads(done.stdout.replace("'", '"'))
    return {*before}, {*after} - {*before}


def test_importing_the_package_imports_nothing_costly() -> None:
    before, added = modules_after("import ssewire")
    assert not added.intersection(COSTLY)
    assert not before.intersection({"asyncio", "http.client", "json", "ssl"})  # else the line above would prove little
    assert "ssewire._core" in added
    assert not {"ssewire._sources", "ssewire.cli", "ssewire.replay"}.intersection(added)


def test_parsing_imports_nothing_costly() -> None:
    chunk = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
    program = f"""
import ssewire
accumulator = ssewire.Accumulator()
assert accumulator.feed({chunk!r}) == [ssewire.TextDelta("Hi"), ssewire.FinishDelta("stop")]
assert accumulator.close().text == "Hi"
assert len(ssewire.SSEDecoder().feed({chunk!r})) == 1
"""
    assert not modules_after(program)[1].intersection(COSTLY)
    program = f"import ssewire; assert [*ssewire.Stream({chunk!r}).text_stream] == ['Hi']"
    assert not modules_after(program)[1].intersection(COSTLY)
