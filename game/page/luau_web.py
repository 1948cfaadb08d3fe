"""luau-web: Luau as WebAssembly, brought once by npm, as scripts that a page from disk may load."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import platformdirs

from onnx2luau.compiler.errors import MissingToolError
from onnx2luau.game.page.wasm import with_memory

VERSION = "1.4.0"
INTEGRITY = "IZPMHMRBlM3bKYUnzwoptqIzSf7F5ZjuUeYpColLydq+2D6LucUKUEhViEMBD1r5gTEh/AV0bvuzTcis+KXfkQ=="
"""SHA-512 of the package, in base64."""
ARCHIVE = f"luau-web-{VERSION}.tgz"
RUNTIME = "package/src/lib/Luau.Web.Asyncify.js"
"""The other one (JSPI) is quicker by a third, but lets errors through `pcall`."""
MEMORY = 128 << 20
"""Bytes for Luau; luau-web's 17 MiB are too few from 1.6 million parameters on."""
LONGEST_DOWNLOAD = 300
EMBEDDED = re.compile(r'base64Decode\("([A-Za-z0-9+/=]{1000,})"\)')
LARGEST = 8 << 20
"""Bytes of the largest file that is taken out of the package."""

LICENCE = f"""luau-web {VERSION} and the Luau in it are under the MIT licence.

luau-web: by xNasuni, https://github.com/xNasuni/luau-web
Luau: Copyright (c) 2019-2024 Roblox Corporation; Copyright (c) 1994-2019 Lua.org, PUC-Rio

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
the Software, and to permit persons to whom the Software is furnished to do so, subject to the following
conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO
EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN
AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE
OR OTHER DEALINGS IN THE SOFTWARE.
"""


def cached_archive() -> Path:
    """Return where the package is kept, one for all clones of a user."""
    return platformdirs.user_cache_path("onnx2luau") / f"luau-web-{VERSION}" / ARCHIVE


def bring_luau_web() -> Path:
    """Return the package, which npm brings if it is not there; MissingToolError if that can't be done."""
    archive = cached_archive()
    if not _is_genuine(archive):
        _bring(archive)
    return archive


def luau_web_scripts() -> dict[str, str]:
    """Return luau-web's scripts and its licence by file name; MissingToolError if it can't be brought."""
    with tarfile.open(fileobj=io.BytesIO(bring_luau_web().read_bytes()), mode="r:gz") as package:
        runtime, index = _text(package, RUNTIME), _text(package, "package/src/index.js")
    return {
        "runtime.js": _classic_runtime(runtime),
        "luau.js": _classic_index(index),
        "LICENSE": LICENCE,
    }


def _bring(archive: Path) -> None:
    """Let npm bring the package, and keep it if it is the one that is meant."""
    npm = shutil.which("npm")
    if npm is None:
        raise MissingToolError(
            f"the page needs luau-web {VERSION}, which npm brings once; install Node.js, which has npm"
        )
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
        try:
            packed = subprocess.run(
                [npm, "pack", f"luau-web@{VERSION}", "--silent", "--pack-destination", scratch],
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
                timeout=LONGEST_DOWNLOAD,
            )
        except OSError as error:
            raise MissingToolError(f"{npm} can't be started as npm: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise MissingToolError(
                f"npm did not bring luau-web {VERSION} within {LONGEST_DOWNLOAD} seconds"
            ) from None
        found = Path(scratch) / ARCHIVE
        if packed.returncode != 0 or not found.is_file():
            reason = (packed.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise MissingToolError(f"npm could not bring luau-web {VERSION}: {reason}")
        if not _is_genuine(found):
            raise MissingToolError(
                f"what npm brought as luau-web {VERSION} is another package (its SHA-512 differs)"
            )
        archive.parent.mkdir(parents=True, exist_ok=True)
        stage = archive.with_suffix(f".{os.getpid()}.partial")
        shutil.copyfile(found, stage)
        stage.replace(archive)


def _is_genuine(archive: Path) -> bool:
    if not archive.is_file():
        return False
    return base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() == INTEGRITY


def _text(package: tarfile.TarFile, path: str) -> str:
    member = package.extractfile(path)
    assert member is not None  # noqa: S101 - the package is known by its sum
    return member.read(LARGEST).decode("utf-8")


def _classic_runtime(text: str) -> str:
    """A module may not be imported from disk; the same code as a script may."""
    code = EMBEDDED.sub(_larger, text, count=1)
    code = code.replace("import.meta.url", "document.baseURI").replace(
        "export default Module;", "return Module;"
    )
    return f"globalThis.LuauWebRuntime = (() => {{\n{code}\n}})();\n"


def _larger(embedded: re.Match[str]) -> str:
    module = with_memory(base64.b64decode(embedded[1]), MEMORY)
    return f'base64Decode("{base64.b64encode(module).decode()}")'


def _classic_index(text: str) -> str:
    """Use the runtime that is there, where the module would import one, and return its exports."""
    start = text.index("var Luau = {")
    code, exports = text[start:].split("export {")
    names = ", ".join(_exported(name) for name in exports.split("}")[0].split(","))
    return (
        "globalThis.LuauWeb = () => {\n"
        f"const InternalLuauWasmModule = globalThis.LuauWebRuntime\n{code}\nreturn {{ {names} }}\n}};\n"
    )


def _exported(name: str) -> str:
    own, _, other = name.strip().partition(" as ")
    return f"{other or own}: {own}"
