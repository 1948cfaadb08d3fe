"""What is written where: nothing of the user's is deleted, whatever lies where a build is wanted."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from onnx2luau.builds import build_folder, workshop
from onnx2luau.builds.build_folder import check_target, staged
from onnx2luau.builds.contents import MANIFEST, file_entries, signature
from onnx2luau.builds.leftovers import PREFIX
from onnx2luau.builds.output_file import check_file, new_file
from onnx2luau.compiler.errors import UsageError

OLD = {"Model.luau": "return 1\n", "weights/part1.luau": "return 2\n", "layers/part1.luau": "return 3\n"}
NEW = {"Model.luau": "return 4\n", "weights/part1.luau": "return 5\n"}


def fill(stage: Path, files: dict[str, str], kind: str = "build") -> None:
    for path, text in files.items():
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        (stage / path).write_text(text)
    record = {"format": signature(kind), "files": file_entries(stage)}
    (stage / MANIFEST).write_text(json.dumps(record))


def write(target: Path, files: dict[str, str], kind: str = "build", *, force: bool = False) -> None:
    with staged(target, kind, force=force) as stage:
        fill(stage, files, kind)


def state(folder: Path) -> dict[str, str]:
    """Return everything below a folder: what is in files, where links lead, and that folders are there."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        found[name] = (
            f"-> {os.readlink(path)}"
            if path.is_symlink()
            else "folder"
            if path.is_dir()
            else path.read_text()
        )
    return found


def put(path: Path, text: str = "mine") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


# What the user has in a build, by what an error names of it.
MINE: dict[str, Callable[[Path], object]] = {
    "notes.txt": lambda build: put(build / "notes.txt"),
    "weights/mine.luau": lambda build: put(build / "weights" / "mine.luau"),
    ".git": lambda build: put(build / ".git" / "objects" / "1"),
    "empty": lambda build: (build / "empty").mkdir(),
    "link": lambda build: (build / "link").symlink_to("/"),
    "dangling": lambda build: (build / "dangling").symlink_to("nowhere"),
    "model.luau": lambda build: put(build / "model.luau"),
    "layers/deep": lambda build: put(build / "layers" / "deep" / "mine.txt"),
    "read-only": lambda build: (put(build / "read-only"), (build / "read-only").chmod(0o400)),
}
# The same, where onnx2luau wrote something else.
CHANGED: dict[str, Callable[[Path], object]] = {
    "Model.luau": lambda build: put(build / "Model.luau", "return 1 -- mine\n"),
    "layers/part1.luau": lambda build: put(build / "layers" / "part1.luau", "mine"),
    "weights/part1.luau": lambda build: (
        (build / "weights" / "part1.luau").unlink(),
        (build / "weights" / "part1.luau").symlink_to("../Model.luau"),
    ),
}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    write(tmp_path / "build", OLD)
    return tmp_path / "build"


@pytest.mark.parametrize("name", MINE)
def test_files_of_the_user_are_named_and_stay(name: str, build: Path) -> None:
    MINE[name](build)
    before = state(build.parent)
    with pytest.raises(UsageError, match=rf"holds what onnx2luau did not write \({name}\); --force keeps"):
        write(build, NEW)
    assert state(build.parent) == before
    own = {path for path in before if path.removeprefix("build/").startswith(name)}
    write(build, NEW, force=True)
    after = state(build.parent)
    assert {path: after[path] for path in own} == {path: before[path] for path in own}
    assert after["build/Model.luau"] == NEW["Model.luau"]
    assert ("build/layers" in after) == name.startswith("layers")
    assert list(build.parent.iterdir()) == [build]


@pytest.mark.parametrize("name", CHANGED)
def test_changed_files_are_named_and_kept(name: str, build: Path) -> None:
    CHANGED[name](build)
    before = state(build.parent)
    with pytest.raises(UsageError, match=rf"has been changed since onnx2luau wrote it \({name}\)"):
        write(build, NEW)
    assert state(build.parent) == before
    for number in (1, 2):
        write(build, NEW, force=True)
        after = state(build)
        kept = f"{name}.kept" if name in NEW else name
        assert after[kept] == before[f"build/{name}"], number
        assert after["Model.luau"] == NEW["Model.luau"]


def test_nothing_is_overwritten_by_what_is_kept(build: Path) -> None:
    put(build / "Model.luau", "first")
    put(build / "Model.luau.kept", "second")
    write(build, NEW, force=True)
    assert {"first", "second"} <= set(state(build).values())
    assert state(build)["Model.luau"] == NEW["Model.luau"]


def test_several_files_are_counted(build: Path) -> None:
    for number in range(5):
        put(build / f"{number}.txt")
    with pytest.raises(UsageError, match=r"\(0\.txt, 1\.txt, 2\.txt and 2 more\)"):
        write(build, NEW)


def test_what_file_managers_and_git_leave_is_no_reason_to_refuse(build: Path) -> None:
    put(build / ".DS_Store", "icons")
    path = build / "Model.luau"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    write(build, NEW)
    assert state(build)[".DS_Store"] == "icons"
    assert not list(build.rglob("*.kept*"))


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "manifest",
    [
        None,
        '{"manifest_version": 3, "name": "an extension of a browser"}',
        '{"format": 1, "files": {}}',
        '{"format": "onnx2luau build 1", "files": {}}',
        '{"format": "onnx2luau build 2"}',
        '{"format": "onnx2luau build 2", "files": {"a": 1}}',
        '{"format": "onnx2luau game 2", "files": {}}',
        '{"format": "onnx2luau site 2", "files": {}}',
        "[" * 100_000,
        "not json",
        "",
    ],
)
def test_what_is_not_a_build_is_refused_in_any_case(
    manifest: str | None, force: bool, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    put(target / "mine.txt")
    if manifest is not None:
        put(target / MANIFEST, manifest)
    before = state(tmp_path)
    with pytest.raises(UsageError, match="holds something that is not a build of onnx2luau"):
        write(target, NEW, force=force)
    assert state(tmp_path) == before


@pytest.mark.parametrize("kind", ["build", "game", "site"])
@pytest.mark.parametrize("there", ["build", "game", "site"])
def test_one_kind_is_not_written_over_another(there: str, kind: str, tmp_path: Path) -> None:
    write(tmp_path / "target", OLD, there)
    before = state(tmp_path)
    if there == kind:
        write(tmp_path / "target", NEW, kind)
        return
    with pytest.raises(UsageError, match=f"is not a {kind} of onnx2luau"):
        write(tmp_path / "target", NEW, kind)
    assert state(tmp_path) == before


def test_folders_of_the_user_with_names_like_ours_stay(build: Path) -> None:
    names = [".build.old", ".build.1.partial", f"{PREFIX}0123456789abcdef", f"{PREFIX}ffff"]
    for name in names:
        put(build.parent / name / "new" / "mine.txt")
    put(build.parent / names[-1] / "mark.json", json.dumps({"onnx2luau": "workshop 1", "target": "another"}))
    (build.parent / f"{PREFIX}link").symlink_to(build.parent / names[0])
    before = state(build.parent)
    write(build, OLD)
    assert state(build.parent) == before


@pytest.mark.parametrize("is_late", [False, True])
def test_files_that_appear_meanwhile_are_kept(
    is_late: bool, build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(build)
    meanwhile(lambda: put(build / "mine.txt"), is_late, monkeypatch)
    if is_late:  # after the last look
        write(build, NEW)
        assert state(build)["Model.luau"] == NEW["Model.luau"]
        assert state(build)["mine.txt"] == "mine"
        return
    with pytest.raises(UsageError, match=r"did not write \(mine\.txt\)"):
        write(build, NEW)
    assert state(build) == before | {"mine.txt": "mine"}


@pytest.mark.parametrize("is_late", [False, True])
def test_target_that_is_replaced_meanwhile(
    is_late: bool, build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace() -> None:
        shutil.rmtree(build)
        shutil.copytree(build.parent / "other", build)

    write(build.parent / "other", OLD | {"extra.luau": "return 6\n"})
    meanwhile(replace, is_late, monkeypatch)
    with pytest.raises(UsageError, match="another program has replaced"):
        write(build, NEW)
    assert state(build) == state(build.parent / "other")
    assert sorted(path.name for path in build.parent.iterdir()) == ["build", "other"]


def meanwhile(act: Callable[[], object], is_late: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something happen while a folder is written: before the last look at the target, or after it."""
    exchange, check = workshop.exchange, build_folder.check_folder
    calls = []

    def late(one: Path, other: Path) -> bool:
        if not calls:
            calls.append(act())
        return exchange(one, other)

    def early(path: Path, kind: str, *, force: bool) -> None:
        calls.append(act() if len(calls) == 1 else None)
        check(path, kind, force=force)

    if is_late:
        monkeypatch.setattr(workshop, "exchange", late)
    else:
        monkeypatch.setattr(build_folder, "check_folder", early)


def test_the_second_of_two_is_told(build: Path) -> None:
    with staged(build) as stage:
        fill(stage, NEW)
        for attempt in (lambda: check_target(build), lambda: write(build, OLD)):
            with pytest.raises(UsageError, match="another onnx2luau is writing"):
                attempt()
        write(build.parent / "other", OLD)
    assert state(build)["Model.luau"] == NEW["Model.luau"]
    with new_file(build.parent / "file") as file:
        file.write_text("first")
        with pytest.raises(UsageError, match="another onnx2luau is writing"):
            check_file(build.parent / "file")
    assert (build.parent / "file").read_text() == "first"


@pytest.mark.parametrize("swap", ["atomic", "renames"])
def test_failure_of_the_last_step_changes_nothing(
    swap: str, build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    def refused(_one: Path, _other: Path) -> bool:
        raise OSError(28, "No space left on device")

    before = state(build.parent)
    if swap == "renames":
        monkeypatch.setattr(workshop, "exchange", lambda _one, _other: False)
        monkeypatch.setattr(Path, "rename", failing)
    else:
        monkeypatch.setattr(workshop, "exchange", refused)
    with pytest.raises(UsageError, match="can't be written: No space left on device"):
        write(build, NEW)
    assert state(build.parent) == before


PLACES = {
    "init": "Luau can't require through a folder called 'init'",
    "init/b": "Luau can't require through a folder called 'init'",
    "a\\b": r"Luau can't require through a folder called 'a\\\\b'",
    "\udcff": "Luau can't require through a folder",
    "x" * 300: "File name too long",
    f"a/{'x' * 300}/b": "File name too long",
    "/".join("x" * 100 for _ in range(45)): "too long",
    "a\0b": "no file can have the character 0 in its name",
    "file": "exists and is not a folder",
    "file/b": "file is a file",
    "link": "exists and is not a folder",
    "loop/b": "can't be written",
    ".": "holds something that is not a build",
    "..": "holds something that is not a build",
    "/": "holds something that is not a build",
}


@pytest.mark.parametrize("name", PLACES)
def test_places_for_a_build_that_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    put(tmp_path / "here" / "file")
    (tmp_path / "here" / "link").symlink_to(tmp_path)
    (tmp_path / "here" / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path / "here")
    before = state(tmp_path)
    with pytest.raises(UsageError, match=PLACES[name]):
        check_target(Path(name))
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("/", "is a folder"),
        (".", "is a folder"),
        ("..", "is a folder"),
        ("x" * 300, "File name too long"),
        ("/".join("x" * 100 for _ in range(45)), "too long"),
        ("file/b", "file is a file"),
        ("pipe", "is not a regular file"),
        ("a\0b", "character 0"),
    ],
)
def test_places_for_a_file_that_are_refused(
    name: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match=sentence):
        check_file(Path(name))


def test_the_folder_one_is_in_is_not_replaced(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for inside in (build, build / "weights"):
        monkeypatch.chdir(inside)
        with pytest.raises(UsageError, match="is the folder you are in, or holds it"):
            check_target(Path(os.path.relpath(build)))
    gone = build.parent / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for check in (check_target, check_file):
        with pytest.raises(UsageError, match="the current folder no longer exists; change to another one"):
            check(Path("b"))


def test_folders_that_were_made_for_a_target_go_with_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="stop"), staged(tmp_path / "a" / "b" / "target"):
        raise UsageError("stop")
    assert list(tmp_path.iterdir()) == []
    write(tmp_path / "a" / "b" / "target", NEW)
    assert state(tmp_path)["a/b/target/Model.luau"] == NEW["Model.luau"]
