"""HAR files and cassettes, as the programs write them that people record with."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from ssewire.cli.recorded import Body, Other, Unread, UnreadableError
from ssewire.cli.recorded.files import opened
from ssewire.cli.recorded.reading import read

if TYPE_CHECKING:
    from pathlib import Path

STREAM = b'data: {"x": "\xc3\xa9"}\n\ndata: [DONE]\n\n'
TEXT = STREAM.decode()
IN_BASE64 = base64.b64encode(STREAM).decode()
PACKED = gzip.compress(STREAM)
IN_GZIP = base64.b64encode(PACKED).decode()
QUOTED = json.dumps(TEXT)  # also a scalar of YAML


def bodies(data: bytes | str | dict[str, Any], tmp_path: Path) -> list[Any]:
    """Read a file that holds `data`; the path is left out of what comes."""
    path = tmp_path / "archive"
    encoded = json.dumps(data, indent=1).encode() if isinstance(data, dict) else data
    path.write_bytes(encoded.encode() if isinstance(encoded, str) else encoded)
    with opened(str(path)) as file:
        items = list(read(file))
    assert {item.path for item in items} <= {str(path)}
    return [
        (item.entry, item.reason) if isinstance(item, (Other, Unread)) else (item.entry, item.data, item.status)
        for item in items
    ]


def har(**content: Any) -> dict[str, Any]:
    response = {"status": 200, "headers": [{"name": "Content-Encoding", "value": "gzip"}], "content": content}
    return {"log": {"version": "1.2", "entries": [{"request": {"url": "https://x/"}, "response": response}]}}


@pytest.mark.parametrize(
    "content",
    [
        {"mimeType": "text/event-stream", "text": TEXT},
        {"text": IN_BASE64, "encoding": "base64"},
        {"text": IN_GZIP, "encoding": "base64"},
        {
            "text": json.dumps([base64.b64encode(part).decode() for part in (PACKED[:7], PACKED[7:])]),
            "encoding": "base64",
        },
    ],
)
def test_har(content: dict[str, Any], tmp_path: Path) -> None:
    assert bodies(har(**content), tmp_path) == [(1, STREAM, 200)]


def test_har_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert bodies(b"\xef\xbb\xbf" + json.dumps(har(text=TEXT)).encode(), tmp_path) == [(1, STREAM, 200)]


def test_har_entries_without_a_body_are_told(tmp_path: Path) -> None:
    document = har(text=TEXT)
    entries = document["log"]["entries"]
    entries += [{"response": {"status": 204, "content": {"size": 0}}}, {"request": {}}, "entry", *entries]
    assert bodies(document, tmp_path) == [
        (1, STREAM, 200),
        (2, "no body"),
        (3, "an entry without a response"),
        (4, "an entry without a response"),
        (5, STREAM, 200),
    ]


def test_base64_that_is_none_is_told(tmp_path: Path) -> None:
    [(entry, reason)] = bodies(har(text="ZGF0YTog%MQ", encoding="base64"), tmp_path)
    assert (entry, reason) == (1, "a body that should be base64: Incorrect padding")
    [(_, reason)] = bodies(har(text="[data", encoding="base64"), tmp_path)
    assert reason.startswith("a body that should be a list of chunks: ")


RESPONSES = {
    "vcrpy": {"status": {"code": 200, "message": "OK"}, "headers": {"a": ["b"]}, "body": {"string": TEXT}},
    "vcrpy before 6 for httpx": {"status_code": 200, "headers": {"a": ["b"]}, "content": TEXT},
    "go-vcr": {"status": "200 OK", "code": 200, "headers": {"a": ["b"]}, "body": TEXT},
    "betamax": {
        "status": {"code": 200, "message": "OK"},
        "body": {"encoding": "utf-8", "base64_string": IN_GZIP},
        "headers": {"content-encoding": "gzip"},
    },
}


@pytest.mark.parametrize("name", ["interactions", "http_interactions"])
@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_cassettes_of_json(response: dict[str, Any], name: str, tmp_path: Path) -> None:
    cassette = {"version": 1, name: [{"request": {"uri": "https://x/"}, "response": response}] * 2}
    assert bodies(cassette, tmp_path) == [(1, STREAM, 200), (2, STREAM, 200)]


def test_a_json_value_is_a_body_too(tmp_path: Path) -> None:
    response = {"status": {"code": 429}, "headers": {}, "parsed_body": {"error": {"message": "slow down"}}}
    [(_, data, status)] = bodies({"interactions": [{"response": response}]}, tmp_path)
    assert (json.loads(data), status) == ({"error": {"message": "slow down"}}, 429)


def test_a_file_of_one_request(tmp_path: Path) -> None:
    exchange = {"request": {"url": "https://x/"}, "response": {"status": {"code": 200}, "headers": {}, "body": TEXT}}
    assert bodies(exchange, tmp_path) == [(1, STREAM, 200)]


def test_json_that_only_begins_as_an_archive_is_a_body(tmp_path: Path) -> None:
    body = b'{"response": {"id": "r"}, "type": "response.completed"}'
    assert bodies(body, tmp_path) == [(None, body, None)]


VCRPY = f"""interactions:
- request:
    body: '{{"stream": true}}'
    uri: https://api.example.com/v1/chat/completions
  response:
    body:
      string: {QUOTED}
    headers:
      Content-Type:
      - text/event-stream
    status:
      code: 200
      message: OK
- request: {{}}
  response:
    body:
      string: !!binary |
        {IN_GZIP}
    headers:
      Content-Encoding:
      - gzip
    status: {{code: 200, message: OK}}
version: 1
"""

RUBY = f"""---
http_interactions:
- request:
    method: post
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Encoding:
      - gzip
    body:
      encoding: ASCII-8BIT
      string: !binary |-
        {IN_GZIP}
  recorded_at: Thu, 02 Apr 2026 11:23:07 GMT
- request: {{}}
  response:
    status: !ruby/struct:VCR::ResponseStatus
      code: 200
    body:
      encoding: UTF-8
      base64_string: |
        {IN_BASE64}
recorded_with: VCR 6.4.0
"""

GO = f"""---
version: 2
interactions:
    - id: 0
      request:
        body: ""
      response:
        proto: HTTP/2.0
        body: {QUOTED}
        status: 200 OK
        code: 200
        duration: 5.6s
    - id: 1
      response:
        body: {QUOTED}
        code: 200
"""

HTTPMOCK = "---\n".join(
    f"""when:
  path: /v1/chat/completions
then:
  status: 200
  header:
  - name: content-type
    value: text/event-stream
  {held}
"""
    for held in (f"body: {QUOTED}", f"body_base64: {IN_BASE64}")
)


@pytest.mark.parametrize("cassette", [VCRPY, RUBY, GO, HTTPMOCK], ids=["vcrpy", "Ruby", "Go", "httpmock"])
def test_cassettes_of_yaml(cassette: str, tmp_path: Path) -> None:
    assert bodies(cassette, tmp_path) == [(1, STREAM, 200), (2, STREAM, 200)]
    assert bodies(b"# a comment\n" + cassette.encode(), tmp_path) == [(1, STREAM, 200), (2, STREAM, 200)]


@pytest.mark.parametrize("held", ["2026-01-01", "&a [*a]"])
@pytest.mark.parametrize("name", ["parsed_body", "body"])
def test_a_value_of_yaml_that_is_none_of_json_is_told(held: str, name: str, tmp_path: Path) -> None:
    cassette = f"interactions:\n- response:\n    {name}: {held}\n- response:\n    body: {QUOTED}\n"
    (first, reason), second = bodies(cassette, tmp_path)
    assert (first, second) == (1, (2, STREAM, None))
    assert reason.startswith("a body that is neither text nor JSON: ")


def test_tags_make_no_objects(tmp_path: Path) -> None:
    tagged = "!!python/object/apply:os.system ['exit 1']"
    cassette = f"interactions:\n- response:\n    body: !!python/unicode {QUOTED}\n- response: {tagged}\n"
    assert bodies(cassette, tmp_path) == [(1, STREAM, None), (2, "an entry without a response")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ('{"log": {"entries": [', "begins as an archive of JSON, and is none"),
        ("interactions:\n- response: [\n", "begins as a cassette of YAML, and is none"),
        ("interactions:\n- recorded_at: 2026-13-45\n", "begins as a cassette of YAML, and is none"),
    ],
)
def test_what_is_no_archive_is_told(data: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=why):
        bodies(data, tmp_path)


@pytest.mark.parametrize("data", ["interactions: none\n", "version: 1\nservices: []\n"])
def test_other_yaml_is_no_cassette(data: str, tmp_path: Path) -> None:
    assert bodies(data, tmp_path) == [(None, "YAML that is no cassette")]


def test_an_event_stream_is_none(tmp_path: Path) -> None:
    for data in (STREAM, b": version:\n" + STREAM, b"\n" + STREAM, b'{"id": "r", "choices": []}'):
        assert bodies(data, tmp_path) == [(None, data, None)]


def test_the_item_is_a_body(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_text(json.dumps(har(text=TEXT)))
    with opened(str(path)) as file:
        assert list(read(file)) == [Body(str(path), 1, STREAM, 200)]
