"""Whether a manifest describes the module that lies beside it."""

from __future__ import annotations

from pathlib import Path

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.builds.manifest import AGAIN, MODULE, Manifest
from onnx2luau.compiler.errors import UsageError


def check_described(lune: Lune, folder: Path, manifest: Manifest) -> None:
    """Raise UsageError when a build's manifest is that of another module."""
    found = lune.call("describe", {"model": lune.require_path(folder / MODULE)})
    lines = [
        f"{kind} {port['dtype']} [{','.join(map(str, port['shape']))}] {port['name']}"
        for kind, ports in (("inputs", manifest.inputs), ("outputs", manifest.outputs))
        for port in ports
    ]
    for written, real in zip([*lines, "nothing"], [*found["lines"], "nothing"], strict=False):
        if written != real:
            raise UsageError(
                f"the manifest.json of {folder} is not that of its {MODULE}: that has {real!r}, "
                f"and the manifest {written!r}; {AGAIN}"
            )
    if found["hash"] != manifest.source["sha256"]:
        raise UsageError(
            f"the manifest.json of {folder} is not that of its {MODULE}: that was made from another model; "
            f"{AGAIN}"
        )
