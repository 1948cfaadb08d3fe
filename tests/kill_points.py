"""Writes a folder over another one and is stopped at every single step of it, in children of its own.

Run as a script by test_kill_points.py: the audit events of Python are the steps. It prints what it found as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from onnx2luau.builds import interrupts, workshop
from onnx2luau.builds.build_folder import staged
from onnx2luau.builds.contents import MANIFEST, contents_of, file_entries, read_record, signature
from onnx2luau.builds.leftovers import PREFIX, recover
from onnx2luau.compiler.errors import UsageError

OLD = {"Model.luau": "old", "weights/part1.luau": "old", "layers/part1.luau": "old"}
NEW = {"Model.luau": "new", "weights/part1.luau": "new", "weights/part2.luau": "new"}
MINE = {"notes.txt": "mine", "weights/mine.txt": "mine", "layers/deep/mine.txt": "mine", ".git/HEAD": "mine"}
DONE, CHANGED, UNCHANGED = 77, 78, 79
"""What a child leaves with: it came to its end, or it was interrupted and would say what it had done."""


def write(files: dict[str, str], target: Path, force: bool) -> None:
    """Write a folder as a compile does."""
    with staged(target, force=force) as stage:
        for path, text in files.items():
            (stage / path).parent.mkdir(parents=True, exist_ok=True)
            (stage / path).write_text(text)
        record = {"format": signature("build"), "files": file_entries(stage)}
        (stage / MANIFEST).write_text(json.dumps(record))


def prepare(parent: Path, before: str) -> Path:
    """Make the state before: nothing, a build, or a build in which the user keeps files."""
    shutil.rmtree(parent, ignore_errors=True)
    parent.mkdir()
    target = parent / "target"
    if before != "nothing":
        write(OLD, target, False)
    for path, text in MINE.items() if before == "mine" else ():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text)
    return target


def stopped_at(step: int, number: int, act: Callable[[], None]) -> int:
    """Do something in a child that gets a signal before its nth step; return the status it left with."""
    child = os.fork()
    if child == 0:
        # No word of it, and nothing of the parent's is cleaned up.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        count = 0

        def watch(event: str, _arguments: object) -> None:
            nonlocal count
            if event.startswith(("os.", "open", "shutil.", "ctypes.dlsym")):
                count += 1
                if count == step:
                    os.kill(os.getpid(), number)

        workshop.written.clear()
        sys.addaudithook(watch)
        try:
            act()
        except interrupts.Interrupted:
            os._exit(CHANGED if workshop.written else UNCHANGED)
        except UsageError:
            os._exit(2)
        os._exit(DONE)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def state(target: Path) -> str:
    """Return what is at the target: nothing, or old, new or broken."""
    if not target.exists():
        return "nothing"
    record = read_record(target)
    if record is None:
        return "broken"
    whole = set(contents_of(target, record).own) == set(record.files)
    for name, files in (("old", OLD), ("new", NEW)):
        if whole and set(record.files) == set(files) and (target / "Model.luau").read_text() == name:
            return name
    return "broken"


def mine(parent: Path) -> dict[str, str]:
    """Return the user's files below a folder, wherever they are, by the path that they had."""
    found = {}
    for path in sorted(each for each in parent.rglob("*") if each.is_file()):
        if path.read_text() == "mine":
            below = path.relative_to(parent).parts
            found["/".join(below[2 if below[0].startswith(PREFIX) else 1 :])] = "mine"
    return found


def left(parent: Path) -> list[str]:
    """Return what is beside the target, but for the folder of one that was killed before its mark was whole."""
    others = [path for path in parent.iterdir() if path.name != "target"]
    return sorted(
        path.name for path in others if any(file.stat().st_size for file in path.rglob("*") if file.is_file())
    )


def faults_at(step: int, number: int, parent: Path, before: str) -> tuple[list[str], int]:
    """Return what was wrong after a stop at a step, and the status of the child."""
    target = prepare(parent, before)
    expected = MINE if before == "mine" else {}
    status = stopped_at(step, number, lambda: write(NEW, target, True))
    faults = []
    said = {CHANGED: {"new"}, UNCHANGED: {"nothing" if before == "nothing" else "old"}}
    if status in said and state(target) not in said[status]:
        faults.append(f"it said {status}, and the target is {state(target)}")
    if status not in (-number, DONE, *said):
        faults.append(f"it left with {status}")
    if number != signal.SIGKILL and left(parent):
        faults.append(f"left {left(parent)}")
    if mine(parent) != expected:
        faults.append(f"kept {sorted(mine(parent))} only")
    recover(target)
    if state(target) not in ({"nothing", "new"} if before == "nothing" else {"old", "new"}):
        faults.append(f"the target is {state(target)}")
    write(NEW, target, True)
    if state(target) != "new" or left(parent) or mine(target.parent) != expected:
        faults.append(f"the next one left {state(target)}, {left(parent)}, {sorted(mine(parent))}")
    if any(not (target / path).is_file() for path in expected):
        faults.append("the user's files are elsewhere")
    return faults, status


def main() -> None:
    """Go through all steps until a child comes to its end."""
    parent, number, before, is_atomic = (
        Path(sys.argv[1]),
        int(sys.argv[2]),
        sys.argv[3],
        sys.argv[4] == "atomic",
    )
    if not is_atomic:
        workshop.exchange = lambda _one, _other: False
    interrupts.leave_by_exception()
    faults, step, status = {}, 0, 0
    while status != DONE:
        step += 1
        found, status = faults_at(step, number, parent, before)
        if found:
            faults[step] = found
    sys.stdout.write(json.dumps({"steps": step, "faults": faults}))


if __name__ == "__main__":
    main()
