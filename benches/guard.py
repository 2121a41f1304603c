"""Guards the speed by counts of instructions, which are the same on every run, unlike times.

    python benches/guard.py                  counts, compares with benches/budget.json, and fails where there is more
    python benches/guard.py "text, 1 ev"     the same, of what has this in its name
    python benches/guard.py --update         writes what it counted as the budget
    python benches/guard.py --results PATH   writes what it counted to a file of its own

1. Workloads, of the core (`benches/instructions`) and of the package from Python on (`benches/guard_python.py`), have a
   budget of instructions per event: more than 3 % above it fails, more than 3 % below it asks for a lower one.
2. Shapes, bodies that are large in one direction, need no budget: twice the size may take 2.1 times the instructions.
3. A budget counts the work of compilers, libraries and interpreters too. Where they are not those of the budget, it is
   not checked, which is said; the shapes are counted all the same. Without valgrind nothing is, which is said too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[1]
BUDGET = ROOT / "benches/budget.json"
PYTHON = (sys.executable, "-S", "-s", "-B", str(ROOT / "benches/guard_python.py"))
"""The program of Python's works: without site, whose work depends on what is installed; bytecode is not written."""
CALLGRIND = ("--tool=callgrind", "--callgrind-out-file=/dev/null")
TOLERANCE = {"core": 0.03, "python": 0.10}
"""Of a budget: another place of the checkout, or other code beside the same, moves counts by less.
Python's allocators take other ways from one build of the same code to the next."""
UNSTEADY = 0.005
"""Of a count, from one run to the next: hash tables are seeded at random, and collide more or less."""
MOST_COUNTS = 4
RATIO = 2.1
"""Twice as much, and what logarithms and page boundaries add."""
EVENTS = 2_000, 12_000
"""Numbers of events that Python's works are counted with: the difference is without the interpreter's start."""
VECTORS = ("avx2", "avx", "sse4_2")
"""What libraries choose their loops by, as far as callgrind knows it; the best first."""


class Work(NamedTuple):
    """One line of the list that each counted program prints."""

    group: str
    """ "core", "python" or "shape"."""
    name: str
    size: int
    """Of a shape the smaller of its two sizes, in a unit of its own; of the others events."""


class Budget(TypedDict):
    """What the workloads of one group may take."""

    environment: dict[str, str]
    """What their counts depend on, beside the code."""
    workloads: dict[str, float]
    """Instructions per event."""


@dataclass
class Verdict:
    """What is said of the counts."""

    remarks: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


# Counting


def output(*command: str | Path) -> str:
    """What a command prints; what it has to complain of is shown."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout  # noqa: S603


def build() -> str:
    """Build the core's program. Where to is cargo's choice, which its messages tell."""
    command = ["cargo", "build", "--locked", "--profile=guard", "--package=ssewire-instructions"]
    messages = map(json.loads, output(*command, "--message-format=json-render-diagnostics").splitlines())
    (program,) = (str(message["executable"]) for message in messages if message.get("executable"))
    return program


def count(*command: str) -> int:
    """The instructions that a command takes; of the core's program those of the work itself.

    Its environment is empty: that stands on the stack, whose alignment would depend on it.
    """
    valgrind = shutil.which("valgrind") or "valgrind"
    toggle = [] if command[0] == sys.executable else ["--toggle-collect=*counted_work*"]
    line = [valgrind, *CALLGRIND, *toggle, *command]
    done = subprocess.run(line, check=False, capture_output=True, text=True, env={"PYTHONHASHSEED": "0"})  # noqa: S603
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or collected is None:
        message = f"{' '.join(line)}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        raise RuntimeError(message)
    return int(collected[1])


def slope(program: tuple[str, ...], work: Work) -> float:
    """How many times the instructions twice the size takes.

    Where that is too much, the next doubling counts if it is less: a step, as of an allocator, is no slope.
    """
    once, twice = (count(*program, work.name, str(work.size * times)) for times in (1, 2))
    if twice <= RATIO * once:
        return twice / once
    return min(twice / once, count(*program, work.name, str(work.size * 4)) / twice)


def count_work(program: tuple[str, ...], work: Work) -> float:
    """Instructions per event of a workload; of a shape how many times the instructions twice the size takes."""
    if work.group == "shape":
        return round(slope(program, work), 4)
    if work.group == "python":
        few, many = (count(*program, work.name, str(events)) for events in EVENTS)
        return round((many - few) / (EVENTS[1] - EVENTS[0]), 1)
    return round(agreed(program, work) / work.size, 1)


def agreed(program: tuple[str, ...], work: Work) -> int:
    """Count until two counts agree: in one run of a dozen, keys of a small hash table collide whenever they are met."""
    counts: list[int] = []
    for _ in range(MOST_COUNTS):
        found = count(*program, work.name, str(work.size))
        same = [known for known in counts if abs(known - found) <= found * UNSTEADY]
        if same:
            return min(found, *same)
        counts.append(found)
    message = f"{work.name}: {counts} instructions, time after time: that could guard nothing"
    raise RuntimeError(message)


def list_works(program: tuple[str, ...], wanted: str) -> Iterator[Work]:
    """What a program can do and has `wanted` in its name."""
    for line in output(*program).splitlines():
        group, name, size = line.split("\t")
        if wanted in name:
            yield Work(group, name, int(size))


def count_all(programs: Iterable[tuple[str, ...]], wanted: str) -> Iterator[tuple[Work, float]]:
    """Count everything that has `wanted` in its name, on all cores."""
    todo = [(program, work) for program in programs for work in list_works(program, wanted)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = pool.map(lambda each: count_work(*each), todo)
        for place, ((_, work), number) in enumerate(zip(todo, counts, strict=True), 1):
            print(f"counted {place} of {len(todo)}: {work.name}", file=sys.stderr, flush=True)
            yield work, number


# Environments


def environment(group: str) -> dict[str, str]:
    """What the counts of a group depend on, beside the code."""
    cpu = Path("/proc/cpuinfo")
    flags = set(cpu.read_text(encoding="utf-8").split()) if cpu.exists() else set()
    rustc = dict(line.split(": ", 1) for line in output("rustc", "-vV").splitlines()[1:])
    found = {
        "rustc": rustc["release"],
        "LLVM": rustc["LLVM version"],
        "target": rustc["host"],
        "vectors": next((name for name in VECTORS if name in flags), platform.machine()),
        "libc": " ".join(platform.libc_ver()),
        "valgrind": output("valgrind", "--version").strip(),
    }
    return {**found, "python": sys.version} if group == "python" else found


def differences(budget: dict[str, str], here: dict[str, str]) -> str:
    """What two environments do not share, in words; "" where they are the same."""
    names = [name for name in {**budget, **here} if budget.get(name) != here.get(name)]
    return "; ".join(f"{name} is {here.get(name)} here, {budget.get(name)} in the budget" for name in names)


# Judging


def judge_shapes(shapes: dict[str, float]) -> Verdict:
    """Hold the shapes to the limit, and show them."""
    verdict = Verdict()
    for name, ratio in shapes.items():
        print(f"{name:50}{ratio:12.3f}")
        if ratio > RATIO:
            verdict.failures.append(f"{name}: twice the size takes {ratio} times the instructions, above {RATIO}")
    return verdict


def judge_workload(name: str, count: float, allowed: float | None, tolerance: float) -> Verdict:
    """Hold a workload to its budget, and show it."""
    change = None if allowed is None else count / allowed - 1
    print(f"{name:50}{count:12,.1f}" + ("" if change is None else f"{allowed:12,.1f}{change:+10.2%}"))
    if change is None:
        return Verdict(failures=[f"{name}: has no budget yet; --update gives it one"])
    said = f"{name}: {count:,.1f} instructions per event, {change:+.2%} of the budget"
    if change > tolerance:
        return Verdict(failures=[said])
    return Verdict(remarks=[f"{said}: it can be lowered (--update)"] if change < -tolerance else [])


def judge(group: str, counted: dict[str, float], budget: Budget | None, *, complete: bool) -> Verdict:
    """Hold the workloads of a group to their budget, if it is one for this environment."""
    differs = differences(budget["environment"], environment(group)) if budget else "there is none"
    if differs:
        for name, count in counted.items():
            print(f"{name:50}{count:12,.1f}")
        return Verdict(remarks=[f"SKIPPED, the budget of {group}: {differs}"])
    allowed = budget["workloads"] if budget else {}
    verdicts = [judge_workload(name, count, allowed.get(name), TOLERANCE[group]) for name, count in counted.items()]
    gone = sorted(set(allowed) - set(counted)) if complete else []
    failures = [f"{name}: has a budget, but is no more; --update removes it" for name in gone]
    return joined([*verdicts, Verdict(failures=failures)])


def joined(verdicts: Iterable[Verdict]) -> Verdict:
    """Several verdicts as one."""
    whole = Verdict()
    for verdict in verdicts:
        whole.remarks += verdict.remarks
        whole.failures += verdict.failures
    return whole


def judge_all(counted: dict[str, dict[str, float]], *, complete: bool) -> Verdict:
    """Show all counts, and tell what is wrong with them."""
    budgets: dict[str, Budget] = json.loads(BUDGET.read_text(encoding="utf-8")) if BUDGET.exists() else {}
    print(f"{'instructions per event':50}{'here':>12}{'budget':>12}{'change':>10}")
    groups = [group for group in ("core", "python") if counted.get(group)]
    verdicts = [judge(group, counted[group], budgets.get(group), complete=complete) for group in groups]
    print(f"\n{'times the instructions for twice the size':50}{'here':>12}")
    return joined([*verdicts, judge_shapes(counted.get("shape", {}))])


# Writing


def write(path: Path, value: object) -> None:
    """Write JSON that is read and compared by people too."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def write_results(path: Path, counted: dict[str, dict[str, float]]) -> None:
    """Write the counts for those who show them."""
    workloads = {
        name: {"instructions": count} for group in ("core", "python") for name, count in counted[group].items()
    }
    shapes = {name: {"ratio": ratio} for name, ratio in counted["shape"].items()}
    write(path, {"environment": environment("python"), "shapes": shapes, "workloads": workloads})


def write_budget(counted: dict[str, dict[str, float]]) -> None:
    """Make these counts the budget."""
    groups = [group for group in ("core", "python") if counted.get(group)]
    write(BUDGET, {group: Budget(environment=environment(group), workloads=counted[group]) for group in groups})


# The command


def programs(verdict: Verdict) -> Iterator[tuple[str, ...]]:
    """Build or find what is counted."""
    yield (build(),)
    if any((ROOT / "python/ssewire").glob("_core.*[od]")):
        yield PYTHON
    else:
        verdict.remarks.append("SKIPPED, Python: the package is not built in its folder, as `make test` does")


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Guard the speed by counts of instructions.")
    parser.add_argument("wanted", nargs="?", default="", help="part of the names of what is to be counted")
    parser.add_argument("--update", action="store_true", help="write the counts as the budget")
    parser.add_argument("--results", type=Path, metavar="PATH", help="write the counts to a file of their own")
    parsed = parser.parse_args()
    if parsed.wanted and (parsed.update or parsed.results):
        parser.error("what is written is everything")
    return parsed


def main() -> int:
    """Count, show, write and judge; the exit status is 1 where something failed."""
    asked = arguments()
    if shutil.which("valgrind") is None:
        print("SKIPPED, everything: valgrind is not installed, without which no instructions can be counted")
        return int(asked.update)
    verdict = Verdict()
    counted: dict[str, dict[str, float]] = {"core": {}, "python": {}, "shape": {}}
    for work, number in count_all(programs(verdict), asked.wanted):
        counted[work.group][work.name] = number
    if asked.update:
        write_budget(counted)
    if asked.results:
        write_results(asked.results, counted)
    verdict = joined([verdict, judge_all(counted, complete=not asked.wanted)])
    for line in [*verdict.remarks, *(f"FAILED, {failure}" for failure in verdict.failures)]:
        print(line)
    print(f"{sum(map(len, counted.values()))} counted, {len(verdict.failures)} failed")
    return int(bool(verdict.failures))


if __name__ == "__main__":
    sys.exit(main())
