"""onnx2luau web without a browser: what the site holds, and what it refuses. tests/browser plays with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
import pytest
from onnx import helper

from onnx2luau import compile as compile_model
from onnx2luau.compiler.errors import MissingToolError
from onnx2luau.game.page import luau_web
from onnx2luau.game.page.pages import modules_script
from onnx2luau.game.page.wasm import PAGE, with_memory
from tests.cases import floats, make_model
from tests.command_line import onnx2luau


def digit_model() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["l"], name="</script>\n--[[ ]] \u2028"),
        helper.make_node("Softmax", ["l"], ["y"]),
    ]
    constants = {"w": floats(784, 10, seed=1), "b": floats(10, seed=2)}
    return make_model(nodes, {"x": floats(1, 784)}, ["y"], constants)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web") / "brain"
    compile_model(digit_model(), folder, verify=False)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_site_is_whole_and_the_same_every_time(build: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        done = onnx2luau("web", str(build), "-o", str(tmp_path / name), "--no-verify", "--json")
        assert done.status == 0, done.trouble
        assert json.loads(done.output)["models"][0]["accuracy"] is None
    site = files(tmp_path / "one")
    assert site == files(tmp_path / "two")
    assert {"index.html", "modules.js", "luau-web/runtime.js", "luau-web/LICENSE"} <= site.keys()
    named = set(re.findall(r'(?:src|href)="([^"]+)"', site["index.html"].decode()))
    assert named - {"data:,"} <= site.keys()
    assert set(site) - named - {"index.html", "luau-web/LICENSE", "manifest.json"} == set()


def test_nothing_of_this_machine_or_of_others_is_in_it(build: Path, tmp_path: Path) -> None:
    assert onnx2luau("web", str(build), "-o", str(tmp_path / "site"), "--no-verify").status == 0
    for path, content in files(tmp_path / "site").items():
        text = content.decode()
        assert str(tmp_path) not in text, path
        assert str(Path.home()) not in text, path
        if not path.startswith("luau-web/"):
            assert not re.search(r"https?://", text.replace("http://www.w3.org", "")), path


def test_a_site_is_replaced_and_nothing_else_is(build: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    arguments = ("web", str(build), "-o", str(site), "--no-verify")
    assert onnx2luau(*arguments).status == 0
    assert onnx2luau(*arguments).status == 0
    (site / "index.html").write_text("mine", "utf-8")
    done = onnx2luau(*arguments)
    assert done.status == 2
    assert "has been changed since onnx2luau wrote it (index.html)" in done.trouble
    assert (site / "index.html").read_text("utf-8") == "mine"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "note.txt").write_text("mine", "utf-8")
    done = onnx2luau("web", str(build), "-o", str(tmp_path / "other"), "--no-verify")
    assert done.status == 2
    assert "holds something that is not a site of onnx2luau" in done.trouble
    done = onnx2luau("place", str(build), "-o", str(site), "--no-verify")
    assert done.status == 2
    assert "holds something that is not a game of onnx2luau" in done.trouble


def test_sources_end_no_script_and_are_read_back_as_they_were() -> None:
    sources = {"a": 'return "</script><!--\\u2028 \u2028 \\"', "b/c": "-- ]] \t\r\n"}
    script = modules_script(sources)
    assert "<" not in script
    assert script.isascii()
    body = script[script.index("{") : script.rindex("}") + 1]
    assert json.loads(body) == sources


@contextmanager
def empty_cache(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(luau_web.platformdirs, "user_cache_path", lambda _name: folder)
        yield


def test_without_npm_it_says_what_to_install(tmp_path: Path) -> None:
    with empty_cache(tmp_path), pytest.MonkeyPatch.context() as patch:
        patch.setattr(luau_web.shutil, "which", lambda _name: None)
        with pytest.raises(MissingToolError, match=r"luau-web 1\.4\.0, which npm brings once; install Node"):
            luau_web.luau_web_scripts()


def test_another_package_is_not_taken(tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text(
        '#!/bin/sh\nwhile [ "$1" != --pack-destination ]; do shift; done\necho no > "$2/luau-web-1.4.0.tgz"\n'
    )
    npm.chmod(0o755)
    with empty_cache(tmp_path / "cache"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(luau_web.shutil, "which", lambda _name: str(npm))
        with pytest.raises(MissingToolError, match="is another package"):
            luau_web.luau_web_scripts()
    assert not list((tmp_path / "cache").rglob("*.tgz"))


def test_npm_that_fails_is_quoted(tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho first >&2\necho 'no network' >&2\nexit 1\n")
    npm.chmod(0o755)
    with empty_cache(tmp_path / "cache"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(luau_web.shutil, "which", lambda _name: str(npm))
        with pytest.raises(MissingToolError, match=r"npm could not bring luau-web 1\.4\.0: no network"):
            luau_web.luau_web_scripts()


def test_the_memory_of_a_module_is_made_larger_and_nothing_else_changes() -> None:
    kinds, rest = b"\x01\x01\x00", b"\x06\x01\x00"

    def module(memory: bytes) -> bytes:
        return b"\0asm\1\0\0\0" + kinds + memory + rest

    before = module(b"\x05\x06\x01\x01\x92\x02\x92\x02")
    assert with_memory(before, 2048 * PAGE) == module(b"\x05\x06\x01\x01\x80\x10\x80\x10")
    assert with_memory(before, 100 * PAGE) == module(b"\x05\x04\x01\x01\x64\x64")
    for other in (b"no module", module(b""), module(b"\x05\x03\x01\x00\x10")):
        with pytest.raises(ValueError, match="this"):
            with_memory(other, PAGE)
