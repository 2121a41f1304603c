"""HAR files and cassettes: documents of requests with their responses.

What people have, as their programs write it:

| written by | in the document | a response's body |
|---|---|---|
| browsers, proxies: HAR 1.2 | `log.entries` | `content.text`, with `content.encoding` "base64" |
| Polly.js: HAR 1.2 | the same | the same; of a compressed body a list of chunks, as JSON |
| vcrpy, pytest-recording | `interactions` | `body.string`, in YAML `!!binary` too |
| vcrpy before 6 for httpx | the same | `content` |
| serializers of pydantic-ai | the same | `parsed_body`, a JSON value |
| go-vcr | the same | `body` |
| VCR for Ruby, betamax | `http_interactions` | `body.string` or `body.base64_string` |
| a test agent that keeps a file for each request | `request` and `response` | `body` |
| httpmock | `when` and `then`, a YAML document for each | `body` or `body_base64` |

They are told by the names in them. Header fields come as an object of texts or lists, or as a list of names and values.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from ssewire._json import dumps, loads
from ssewire.cli.recorded.codings import decoded
from ssewire.cli.recorded.items import Body, Other, Unread, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOM = b"\xef\xbb\xbf"
# How an archive begins. A body of JSON may begin with one of these names too: the whole of it decides.
_NAMES = rb"(?:log|version|interactions|http_interactions|recorded_with|request|response|when|then)"
_JSON_BEGIN = re.compile(rb'(?:%s)?\s*\{\s*"%s"\s*:' % (_BOM, _NAMES))
_YAML_BEGIN = re.compile(
    rb"(?:%s)?(?:\s|#[^\n]*\n|---[^\n]*\n)*(?:version|interactions|http_interactions|when|then):" % _BOM
)


def is_json_archive(head: bytes) -> bool:
    """Whether a file that begins so may be an archive of JSON."""
    return _JSON_BEGIN.match(head) is not None


def is_yaml_archive(head: bytes) -> bool:
    """Whether a file that begins so may be an archive of YAML."""
    return _YAML_BEGIN.match(head) is not None


def json_bodies(path: str, data: bytes) -> Iterator[Body | Other | Unread]:
    """Read an archive of JSON; what is none is a body itself.

    Raises:
        UnreadableError: it is neither: it begins as an archive, and is no JSON.
    """
    try:
        document = loads(data.removeprefix(_BOM).decode())
    except ValueError as error:
        raise UnreadableError(f"it begins as an archive of JSON, and is none: {_begin(error)}") from error
    entries = _entries(document)
    if entries is None:
        yield Body(path, None, data)
    else:
        yield from _bodies(path, entries, 0)


def yaml_bodies(path: str, data: bytes) -> Iterator[Body | Other | Unread]:
    """Read an archive of YAML, which may be of several documents.

    Raises:
        UnreadableError: it is no YAML, or PyYAML is not installed.
    """
    from ssewire.cli.recorded.yaml_documents import documents  # noqa: PLC0415 - PyYAML is optional

    count = 0
    for document in documents(data):
        entries = _entries(document)
        if entries is None:
            yield Other(path, None, "YAML that is no cassette")
        else:
            yield from _bodies(path, entries, count)
            count += len(entries)


def _begin(error: ValueError) -> str:
    return str(error)[:200]


def _entries(document: Any) -> list[Any] | None:
    """Return what stands for a request and its response each; None where the document is no archive."""
    if not isinstance(document, dict):
        return None
    log = document.get("log")
    lists = [log.get("entries")] if isinstance(log, dict) else []
    lists += [document.get("interactions"), document.get("http_interactions")]
    for entries in lists:
        if isinstance(entries, list):
            return entries
    pairs = ({"request", "response"}, {"when", "then"})
    return [document] if any(pair <= document.keys() for pair in pairs) else None


def _bodies(path: str, entries: list[Any], before: int) -> Iterator[Body | Other | Unread]:
    for number, entry in enumerate(entries, before + 1):
        yield _body(path, number, entry)


def _body(path: str, number: int, entry: Any) -> Body | Other | Unread:
    try:
        response = _response(entry)
        data = decoded(_data(response), _field(response, "content-encoding"))
        return Body(path, number, data, _status(response)) if data else Other(path, number, "no body")
    except UnreadableError as error:
        return Unread(path, number, str(error))


def _response(entry: Any) -> dict[str, Any]:
    response = entry.get("response", entry.get("then")) if isinstance(entry, dict) else None
    if not isinstance(response, dict):
        raise UnreadableError("an entry without a response")
    return response


def _data(response: dict[str, Any]) -> bytes:
    """Return the bytes of a response's body, wherever it is kept."""
    if "parsed_body" in response:
        return _json_text(response["parsed_body"]).encode()
    if isinstance(response.get("body_base64"), str):
        return _from_base64(response["body_base64"])
    held = response.get("content", response.get("body"))
    if isinstance(held, dict):
        if isinstance(held.get("base64_string"), str):
            return _from_base64(held["base64_string"])
        is_base64 = held.get("encoding") == "base64"
        held = held.get("text", held.get("string"))
        if is_base64 and isinstance(held, str):
            return b"".join(map(_from_base64, _chunks(held)))
    return body_bytes(held)


def body_bytes(value: Any) -> bytes:
    """Return the bytes of a body that is kept as text, as bytes, or as the JSON value that it is; none of None.

    Raises:
        UnreadableError: it is no JSON value.
    """
    if value is None or isinstance(value, bytes):
        return value or b""
    # Half of a surrogate pair is no UTF-8; the parser makes U+FFFD of it.
    return (value if isinstance(value, str) else _json_text(value)).encode("utf-8", "surrogatepass")


def _json_text(value: Any) -> str:
    try:
        return dumps(value)
    except (TypeError, ValueError, RecursionError) as error:  # YAML has dates, and lists that contain themselves
        raise UnreadableError(f"a body that is neither text nor JSON: {error}") from error


def _chunks(text: str) -> list[str]:
    """Return the parts of a text in base64: Polly.js keeps compressed bodies as a JSON list of the chunks that came."""
    if not text.startswith("["):  # which base64 does not have
        return [text]
    try:
        return [str(chunk) for chunk in loads(text)]
    except ValueError as error:
        raise UnreadableError(f"a body that should be a list of chunks: {_begin(error)}") from error


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError(f"a body that should be base64: {error}") from error


def _status(response: dict[str, Any]) -> int | None:
    """Return the HTTP status: of vcrpy an object, of go-vcr a text beside the `code`."""
    status = response.get("status", response.get("status_code"))
    code: Any = status.get("code") if isinstance(status, dict) else response.get("code", status)
    try:
        return int(code)  # Ruby's may be a text
    except (TypeError, ValueError):
        return None


def _field(response: dict[str, Any], name: str) -> str:
    """Return a header field, its values joined; "" where there is none."""
    headers = response.get("headers", response.get("header"))
    pairs = headers.items() if isinstance(headers, dict) else _pairs(headers)
    values = [value for key, value in pairs if str(key).lower() == name]
    return ", ".join(str(one) for value in values for one in (value if isinstance(value, list) else [value]))


def _pairs(headers: Any) -> Iterator[tuple[Any, Any]]:
    for field in headers if isinstance(headers, list) else ():
        if isinstance(field, dict):
            yield field.get("name"), field.get("value")
