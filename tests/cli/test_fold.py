"""`ssewire fold` and `ssewire stats`: recorded streams as rows, and what there is in them."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import re
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import ssewire
from ssewire._rows import row
from ssewire.cli import main
from ssewire.cli.folding import rows as module
from ssewire.cli.folding.batches import Folding, batches
from ssewire.cli.folding.workers import shared_batches
from ssewire.cli.status import CommandError

from tests.support.cli_process import CHAT, DEMO, END, WAIT, interrupt, read_terminal, run, start, text_chunk

if TYPE_CHECKING:
    Capture = pytest.CaptureFixture[str]

posix = pytest.mark.skipif(sys.platform == "win32", reason="no POSIX terminals and pipes here")
WHOLE = text_chunk("Hi") + END
CUT = text_chunk("so far")
REFUSED = b'{"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}'


def fold(*args: str | Path, capsys: Capture) -> tuple[list[dict[str, Any]], str, int]:
    """Run `ssewire fold`; return its rows, what it says, and its exit status."""
    status = main(["fold", *map(str, args)])
    out, err = capsys.readouterr()
    return [json.loads(line) for line in out.splitlines()], err, status


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Streams in all kinds of files, and a file without any."""
    entries = [
        {"response": {"status": 200, "content": {"text": WHOLE.decode()}}},
        {"response": {"status": 204, "content": {}}},
        {"response": {"status": 200, "content": {"text": "<!DOCTYPE html>"}}},
        {"response": {"status": 429, "content": {"text": REFUSED.decode()}}},
    ]
    (tmp_path / "a.har").write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    (tmp_path / "b.yaml").write_text(f"interactions:\n- response: {{body: {{string: {json.dumps(CUT.decode())}}}}}\n")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "d.sse.gz").write_bytes(gzip.compress(WHOLE))
    (tmp_path / "notes.txt").write_text("nothing to see\n")
    return tmp_path


def test_a_row_has_where_it_is_from_and_what_it_adds_up_to(folder: Path, capsys: Capture) -> None:
    rows, err, status = fold(folder, capsys=capsys)
    places = [(rows[number].pop("path"), rows[number].pop("entry")) for number in range(4)]
    har = str(folder / "a.har")
    assert places == [(har, 1), (har, 4), (str(folder / "b.yaml"), 1), (str(folder / "c" / "d.sse.gz"), None)]
    refused: Any = row(REFUSED)
    refused["error"]["status"] = 429
    assert rows == [row(WHOLE), refused, row(CUT), row(WHOLE)]
    assert "4 files read" in err
    assert f'{folder / "notes.txt"}: no stream: a body, which begins "nothing to see' in err
    assert status == 3


def test_the_summary(folder: Path, capsys: Capture) -> None:
    _, err, status = fold(folder, capsys=capsys)
    assert [re.split(r"  +", line.strip()) for line in err.splitlines()] == [
        ["dialect", "streams", "complete", "truncated", "errors", "events", "input", "output"],
        ["openai-chat", "3", "2", "1", "0", "7", "0", "0"],
        ["unknown", "1", "0", "0", "1", "1", "0", "0"],
        ["total", "4", "2", "1", "1", "8", "0", "0"],
        [""],
        ["errors"],
        ["unknown", "requests (HTTP 429)", "1"],
        [""],
        [f"4 files read, {2 * len(WHOLE) + len(CUT) + len(REFUSED)} bytes of bodies; 3 other bodies in them"],
        [f'{folder / "notes.txt"}: no stream: a body, which begins "nothing to see\\n"'],
    ]
    assert main(["stats", str(folder)]) == status
    assert capsys.readouterr() == (err, "")


def test_quiet_says_nothing(folder: Path, capsys: Capture) -> None:
    rows, err, status = fold("-q", folder, capsys=capsys)
    assert (len(rows), err, status) == (4, "", 3)


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([WHOLE, WHOLE], 0),
        ([WHOLE, CUT], 1),
        ([b""], 1),
        ([CUT, WHOLE, REFUSED], 3),
        ([b"text", WHOLE], 3),
        ([REFUSED, text_chunk("x" * 1000)], 4),
        ([WHOLE, b"PAR1"], 2),
    ],
)
def test_the_largest_status_counts(files: list[bytes], status: int, tmp_path: Path, capsys: Capture) -> None:
    for number, data in enumerate(files):
        (tmp_path / f"{number}.sse").write_bytes(data)
    assert main(["stats", "--max-event-size", "500", str(tmp_path)]) == status
    assert f"{len(files) - (b'PAR1' in files)} file" in capsys.readouterr().out


def test_a_column(tmp_path: Path, capsys: Capture) -> None:
    lines = [{"response": {"body": body}} for body in (WHOLE.decode(), CUT.decode(), None)]
    (tmp_path / "log.jsonl.gz").write_bytes(gzip.compress(b"\n".join(json.dumps(line).encode() for line in lines)))
    (tmp_path / "more.jsonl").write_text(json.dumps({"response": {"body": WHOLE.decode()}}) + "\n{no JSON")
    (tmp_path / "none.jsonl").write_text("[]\n[]\n")
    rows, err, status = fold("--column", "response.body", tmp_path, capsys=capsys)
    assert [(found["entry"], found["complete"]) for found in rows] == [(1, True), (2, False), (3, False), (1, True)]
    assert f"{tmp_path / 'more.jsonl'}, entry 2: expected JSON, got '{{no JSON'" in err
    assert f"{tmp_path / 'none.jsonl'}, entry 2: no column 'response.body'" in err
    assert "no stream" not in err
    assert status == 2


def test_paths_from_stdin_and_a_stream_on_it(folder: Path) -> None:
    names = f"{folder / 'c'}\n{folder / 'missing'}\n{CHAT}\n".encode()
    out, err, status = run("fold", "@-", stdin=names)
    assert [json.loads(line)["path"] for line in out.splitlines()] == [str(folder / "c" / "d.sse.gz"), str(CHAT)]
    assert f"{folder / 'missing'}: No such file or directory" in err
    assert status == 2
    out, err, status = run("fold", "--jobs", "2", "-", stdin=gzip.compress(WHOLE))
    assert (json.loads(out)["path"], json.loads(out)["text"], status) == ("-", "Hi", 0)


def test_what_may_have_been_meant(tmp_path: Path) -> None:
    err = run("stats", "-", stdin=b"recordings/a.sse\n")[0]
    assert err.endswith('begins "recordings/a.sse\\n" (a list of paths is read with @-)\n')
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"body": WHOLE.decode()}).encode()))
    assert run("stats", path)[0].endswith("… (bodies in JSON lines are read with --column)\n")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["no-such-file"], "no-such-file: no such file or folder"),
        (["--dialect", "morse", str(CHAT)], "morse"),
        (["-o", str(CHAT), str(CHAT)], "a file cannot be read and be the output"),
    ],
)
def test_wrong_arguments(args: list[str], told: str, capsys: Capture) -> None:
    before = CHAT.read_bytes()
    assert main(["fold", *args]) == 2
    assert told in capsys.readouterr().err
    assert CHAT.read_bytes() == before


# Recordings


def test_every_recording_is_what_collect_makes_of_it(recordings: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    main(["fold", "-q", str(recordings), "-o", str(out)])
    rows = {found["path"]: found for found in map(json.loads, out.read_text(encoding="utf-8").splitlines())}
    paths = [recordings / line.split("\t")[2] for line in (recordings / "index.tsv").read_text().splitlines()[1:]]
    assert len(paths) > 1000
    for path in paths:
        problem: ssewire.StreamError | None = None
        snapshot: ssewire.Snapshot | None = None
        try:
            snapshot = ssewire.collect(path.read_bytes())
        except ssewire.StreamError as error:
            problem, snapshot = error, error.snapshot
        found = rows.pop(str(path), None)
        if isinstance(problem, ssewire.ResponseError):
            assert found is None
            continue
        assert found is not None
        assert found["complete"] is (problem is None)
        assert (found["error"] or {}).get("exception") == (type(problem).__name__ if problem else None)
        if snapshot is not None:
            assert (found["text"], found["model"], found["dialect"]) == (
                snapshot.text,
                snapshot.model,
                snapshot.dialect,
            )


def test_more_processes_give_the_same_rows(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    for number in range(200):
        (folder / f"{number}.sse").write_bytes(text_chunk(str(number)) + END)
    outputs = []
    for jobs in ("1", "3"):
        out = tmp_path_factory.mktemp("rows") / "rows.jsonl"
        assert main(["fold", "-q", str(folder), "--jobs", jobs, "-o", str(out)]) == 3
        outputs.append(sorted(out.read_text(encoding="utf-8").splitlines()))
    assert len(outputs[0]) == 204
    assert outputs[0] == outputs[1]
    counted = [run("stats", folder, "--jobs", jobs) for jobs in ("1", "3")]
    assert counted[0] == counted[1]
    assert "204  " in counted[0][0]


def test_who_only_counts_gets_no_texts() -> None:
    [batch] = batches([str(CHAT)], Folding(texts=False))
    assert not {"text", "reasoning", "refusal", "tool_calls"} & batch.rows[0].keys()


@posix
def test_a_worker_that_is_killed_ends_the_run(folder: Path) -> None:
    pipe = folder / "pipe"
    os.mkfifo(pipe)

    def kill() -> None:
        with pipe.open("wb"):  # waits for the worker to open it
            [worker] = multiprocessing.active_children()
            worker.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(CommandError, match=r"a worker ended before its files did \(exit code -9\)"):
        list(shared_batches([str(pipe)], Folding(), 1))
    killer.join()


def test_a_batch_is_small_whatever_the_file_is(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    line = json.dumps({"body": WHOLE.decode()})
    path.write_text(f"{line}\n" * 1000)
    found = list(batches([str(path)], Folding(column="body")))
    assert [len(batch.rows) for batch in found] == [256, 256, 256, 232]
    large = json.dumps({"body": (text_chunk("x" * 1_000_000) + END).decode()})
    path.write_text(f"{large}\n" * 10)
    assert [len(batch.rows) for batch in batches([str(path)], Folding(column="body"))] == [5, 5, 0]


# Output


def test_the_output_is_not_read(folder: Path, capsys: Capture) -> None:
    out = folder / "rows.jsonl"
    for _ in range(2):
        fold(folder, "-o", out, capsys=capsys)
        assert len(out.read_text(encoding="utf-8").splitlines()) == 4
    assert not (folder / "rows.jsonl.part").exists()


def test_a_run_that_fails_leaves_the_file_that_was_there(folder: Path, capsys: Capture) -> None:
    out = folder / "rows.jsonl"
    out.write_text("before")
    assert fold(folder / "missing", "-o", out, capsys=capsys)[2] == 2
    assert out.read_text() == "before"
    assert not (folder / "rows.jsonl.part").exists()
    assert fold(CHAT, "-o", folder / "none" / "rows.jsonl", capsys=capsys)[1:] == (
        f"ssewire: {folder / 'none' / 'rows.jsonl'}: No such file or directory\n",
        5,
    )


@posix
def test_what_is_no_file_is_written_itself(folder: Path, capsys: Capture) -> None:
    assert fold("-q", CHAT, "-o", "/dev/null", capsys=capsys) == ([], "", 0)
    assert Path("/dev/null").is_char_device()
    (folder / "real").write_text("before")
    (folder / "link").symlink_to("real")
    fold("-q", CHAT, "-o", folder / "link", capsys=capsys)
    assert (folder / "link").is_symlink()
    assert json.loads((folder / "real").read_text(encoding="utf-8"))["complete"] is True


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_an_output_on_a_full_disk(capsys: Capture) -> None:
    assert fold("-q", CHAT, "-o", "/dev/full", capsys=capsys) == (
        [],
        "ssewire: /dev/full: No space left on device\n",
        5,
    )


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_run_leaves_nothing(jobs: str, folder: Path) -> None:
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    out = folder / "c" / "rows.jsonl"
    command = start("fold", str(CHAT), str(pipe), "--jobs", jobs, "-o", str(out))
    with command as process, pipe.open("wb", buffering=0) as file:
        file.write(bytes(1 << 20))  # more than a pipe holds: after that the command is reading
        interrupt(process, file.fileno())
        _, err = process.communicate(timeout=WAIT)
    assert (process.returncode, err) == (130, b"")
    assert [path.name for path in (folder / "c").iterdir()] == ["d.sse.gz"]


@posix
def test_a_reader_that_leaves_ends_the_run(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text((json.dumps({"body": WHOLE.decode()}) + "\n") * 5000)
    with start("fold", "--column", "body", path) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["text"] == "Hi"
        process.stdout.close()
        assert process.wait(WAIT) == 141


def test_parquet(folder: Path, tmp_path_factory: pytest.TempPathFactory, capsys: Capture) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 - takes long
    from ssewire import arrow  # noqa: PLC0415

    rows, _, status = fold(folder, capsys=capsys)
    out = tmp_path_factory.mktemp("rows") / "rows.parquet"
    assert main(["fold", "-q", str(folder), "-o", str(out)]) == status
    file = pq.ParquetFile(out)
    assert file.read().to_pylist() == rows
    assert file.schema_arrow.names == ["path", "entry", *arrow.schema().names]
    assert file.schema_arrow.metadata == arrow.schema().metadata
    assert main(["fold", "-q", str(folder), "--json", "-o", str(out)]) == status
    assert [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] == rows


def test_parquet_is_written_in_row_groups(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 - takes long

    monkeypatch.setattr(module, "_MOST_ROWS", 500)
    for number in range(3):
        lines = json.dumps({"body": (text_chunk(f"{number}") + END).decode()}) + "\n"
        (tmp_path / f"{number}.jsonl").write_text(lines * 400)
    out = tmp_path_factory.mktemp("rows") / "rows.parquet"
    assert main(["fold", "-q", "--column", "body", str(tmp_path), "-o", str(out)]) == 0
    file = pq.ParquetFile(out)
    groups = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
    assert len(groups) == 3
    assert all(500 <= rows < 500 + 256 for rows in groups[:-1])
    texts = pq.read_table(out)["text"].to_pylist()
    assert texts == ["0"] * 400 + ["1"] * 400 + ["2"] * 400


def test_parquet_without_any_stream_has_its_columns(tmp_path: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 - takes long

    (tmp_path / "text").write_text("text")
    out = tmp_path / "rows.parquet"
    assert main(["fold", "-q", str(tmp_path), "-o", str(out)]) == 3
    assert pq.read_table(out).num_rows == 0
    assert "tool_calls" in pq.read_schema(out).names


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["fold", str(CHAT), "-o", str(tmp_path / "rows.parquet")]) == 2
    assert capsys.readouterr().err == "ssewire: Parquet needs: pip install pyarrow (and --json writes JSON lines)\n"
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_text(folder: Path, capsys: Capture) -> None:
    path = os.fsencode(folder) + b"/c/\xff.sse"
    try:
        with open(path, "wb") as file:  # noqa: PTH123 - of bytes
            file.write(WHOLE)
    except OSError:
        pytest.skip("the file system wants names to be text")
    rows, _, _ = fold(folder / "c", "-o", "-", capsys=capsys)
    assert rows[1]["path"] == f"{folder}/c/\\xff.sse"


# Terminals


def on_terminal(*args: str | Path) -> str:
    """Run the command with its stderr on a terminal; return what that shows."""
    import fcntl  # noqa: PLC0415 - there is none on Windows
    import pty  # noqa: PLC0415
    import termios  # noqa: PLC0415

    terminal, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    with start(*args, stderr=side, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        os.close(side)
        shown = read_terminal(terminal).decode()
        process.wait(WAIT)
    return shown


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_progress_is_shown_on_a_terminal(jobs: str, folder: Path) -> None:
    for number in range(600):
        (folder / f"{number}.sse").write_bytes(WHOLE)
    shown = on_terminal("fold", folder, "--jobs", jobs, "-o", folder / "rows")
    assert len((folder / "rows").read_text(encoding="utf-8").splitlines()) == 604
    lines = [line for line in shown.split("\r\x1b[2K") if line.startswith("[")]
    assert lines
    for line in lines:
        assert re.fullmatch(r"\[#*·*\] +\d+% [\d,]+ streams in [\d,]+ files, [\d.,]+ \wB/s(, \d+ s left)?", line)
    assert "\r\x1b[2Kdialect" in shown.replace("\r\n", "\n")


@posix
def test_no_progress_where_it_is_not_wanted() -> None:
    assert on_terminal("fold", "-q", DEMO) == ""
    assert "\x1b" not in run("fold", DEMO)[1]


@posix
def test_names_do_not_command_the_terminal(folder: Path, capsys: Capture) -> None:
    (folder / "c" / "\x1b[31m\n").write_bytes(b"text")
    assert "\x1b" not in fold(folder / "c", capsys=capsys)[1]
    main(["stats", str(folder / "c")])
    assert "\x1b" not in capsys.readouterr().out
