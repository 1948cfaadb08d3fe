"""Golden Luau of every op, in every schedule and for each target: a change of any kernel is seen, and is meant.

Each is proved against ONNX Runtime under Lune before it is compared. `make golden` writes them anew.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from onnx2luau.backends.luau.options import TARGETS, Options
from onnx2luau.backends.lune.lune import Lune
from tests.cases import luau_text, prove
from tests.golden_kernels import all_kernels
from tests.one_layer import LAYER

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "kernels"
EMITTERS = sorted(
    path
    for pattern in ("schedules/*/*.py", "fusions/*.py", "batching/*.py")
    for path in (ROOT / "backends/luau").glob(pattern)
    if path.name != "__init__.py"
)
KERNELS = all_kernels()
SAMPLES = "samples"
"""The golden file of a model's first layers for three samples at once."""


def kernels_of(model: str) -> str:
    """Return the part of a Model.luau that computes."""
    start = model.index("type Tensors = { any }\n")
    return model[start : model.index("\nreturn model.new(")]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", KERNELS)
def test_kernel(
    name: str, target: str, tmp_path: Path, lunes: dict[str, Lune], request: pytest.FixtureRequest
) -> None:
    tested, schedule = KERNELS[name]
    options = Options(target, schedules={LAYER: schedule} if schedule else {})
    prove(tested, tmp_path, lunes[target], options)
    text = kernels_of(luau_text(tmp_path))
    compare(text, f"{name}.{target}.luau", request)


@pytest.mark.parametrize("target", TARGETS)
def test_three_samples(
    target: str, tmp_path: Path, lunes: dict[str, Lune], request: pytest.FixtureRequest
) -> None:
    prove(KERNELS["chain"][0], tmp_path, lunes[target], Options(target))
    compare((tmp_path / "layers/samples.luau").read_text("ascii"), f"{SAMPLES}.{target}.luau", request)


def compare(text: str, name: str, request: pytest.FixtureRequest) -> None:
    golden = GOLDEN / name
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, "ascii", newline="\n")
    assert text == golden.read_text("ascii"), "the generated code changed; if that is meant, `make golden`"


def test_no_golden_kernel_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {
        f"{name}.{target}.luau" for name in (*KERNELS, SAMPLES) for target in TARGETS
    }


@pytest.mark.parametrize("path", EMITTERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_emitter_names_its_golden_kernels(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    (names,) = re.findall(r"^Golden kernels: (.*)\.$", text, re.M)
    stems = names.split(", ")
    assert all(any(name.startswith(stem) for name in (*KERNELS, SAMPLES)) for stem in stems)
