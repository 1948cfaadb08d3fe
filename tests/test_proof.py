"""A proof: asked for, refused before the work where it can't be made, and ended when its time is up."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper
from typer.testing import CliRunner

import onnx2luau as package
from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.cli.commands import app
from onnx2luau.cli.console import stages
from onnx2luau.cli.parameters import sizes
from onnx2luau.progress import spoken
from onnx2luau.proof.oracle import Oracle
from onnx2luau.proof.proof_limit import ProofLimit
from onnx2luau.proof.verify import oracle_outputs, referee_for, reference_outputs, run_in_batches
from onnx2luau.request import Request
from tests.cases import floats, make_model
from tests.command_line import onnx2luau, tree

F16 = Options(weights="f16")
X, LABELS = np.zeros((2, 4), np.float32), np.array([0, 1])


def dense(*widths: int) -> onnx.ModelProto:
    names = [f"t{index}" for index in range(len(widths))]
    weights = {f"w{i}": floats(widths[i], widths[i + 1], seed=i, scale=0.03) for i in range(len(widths) - 1)}
    nodes = [helper.make_node("MatMul", [names[i], f"w{i}"], [names[i + 1]]) for i in range(len(widths) - 1)]
    return make_model(nodes, {names[0]: floats(1, widths[0])}, [names[-1]], weights)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    onnx.save(dense(4, 3), path)
    return path


WISHES: list[tuple[dict[str, Any], str]] = [
    ({"sample_count": 0}, "--samples takes a number from 1 to 1,000,000,000"),
    ({"sample_count": -3}, "--samples takes a number from 1 to 1,000,000,000"),
    ({"proof_seconds": 0.0}, "--proof-seconds takes a number above 0, not 0"),
    ({"proof_seconds": -1.0}, "--proof-seconds takes a number above 0, not -1"),
    ({"proof_seconds": float("nan")}, "--proof-seconds takes a number above 0, not nan"),
    ({"max_drop": -1.0, "options": F16}, "--max-drop takes a percentage of at least 0, not -1"),
    ({"max_drop": float("nan"), "options": F16}, "--max-drop takes a percentage of at least 0, not nan"),
    ({"max_drop": 1.0}, "--max-drop limits what rounded weights cost, and f32 ones are not rounded"),
    ({"label_source": LABELS}, "labels say nothing about random samples; give --inputs too"),
    ({"label_source": LABELS, "inputs": X, "verify": False}, "--labels needs the proof that --no-verify leaves out"),
    ({"max_drop": 1.0, "options": F16, "verify": False}, "--max-drop needs the proof that --no-verify leaves out"),
]  # fmt: skip


@pytest.mark.parametrize(("wishes", "sentence"), WISHES)
def test_wishes_that_do_not_fit(wishes: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    # The model does not exist, which would be the error if it were looked for first.
    with pytest.raises(package.UsageError) as caught:
        package.driver.compile_model(Request("absent.onnx", **wishes), tmp_path / "b")  # type: ignore[attr-defined]
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    "wishes",
    [
        {"verify": True},
        {"label_source": LABELS, "inputs": X},
        {"max_drop": 1.0, "options": F16},
    ],
)
def test_a_proof_that_is_asked_for_needs_lune(
    wishes: dict[str, Any], model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Request(model, **wishes).check()
    monkeypatch.setenv(LUNE.variable, str(model.parent / "no lune"))
    with pytest.raises(package.MissingToolError, match="which does not exist; `onnx2luau doctor --install`"):
        Request(model, **wishes).check()
    assert not replace(Request(model, **wishes), verify=None).is_proved


def command(*arguments: str | Path, **environment: str) -> package.Onnx2LuauError | None:
    """Run a command in this process, and return the error that it ended with."""
    outcome = CliRunner(env=environment).invoke(app, list(map(str, arguments)))
    if outcome.exception is None:
        return None
    assert isinstance(outcome.exception, package.Onnx2LuauError), outcome.exception
    return outcome.exception


def test_options_that_ask_for_a_proof(model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "labels.npy", LABELS)
    before = tree(tmp_path)
    lost = {"ONNX2LUAU_LUNE": str(tmp_path / "no lune")}
    labels = ["--inputs", tmp_path / "x.npy", "--labels", tmp_path / "labels.npy"]
    for wish in (["--verify"], labels, ["--max-drop", "1", "--weights", "f16"]):
        error = command("compile", tmp_path / "absent.onnx", "-o", tmp_path / "b", *wish, **lost)
        assert isinstance(error, package.MissingToolError)
        assert "which does not exist" in str(error)
    # What runs builds looks for Lune first as well.
    for line in (
        ["run", "absent", "--inputs", "x", "-o", tmp_path / "y.npz"],
        ["verify", model, "absent"],
        ["bench", "absent"],
    ):
        assert isinstance(command(*line, **lost), package.MissingToolError)
    # A folder that is said to be Lune is not the same as no Lune.
    error = command("compile", model, "-o", tmp_path / "b", ONNX2LUAU_LUNE=str(tmp_path))
    assert isinstance(error, package.MissingToolError)
    assert "which is a folder" in str(error)
    assert tree(tmp_path) == before
    # Nothing asks for a proof here, so there is none.
    outcome = onnx2luau("compile", model, "-o", tmp_path / "b", **lost)
    assert (outcome.status, "so the build is not verified" in outcome.error) == (0, True)


def test_python_api_asks_for_a_proof(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(package.UsageError, match="--samples takes a number from 1 to 1,000,000,000"):
        package.compile(model, tmp_path / "b", samples=0)
    with pytest.raises(package.UsageError, match="f32 ones are not rounded"):
        package.compile(model, tmp_path / "b", max_drop=1)
    with pytest.raises(package.UsageError, match="labels say nothing about random samples"):
        package.compile(model, tmp_path / "b", labels=LABELS)
    monkeypatch.setenv(LUNE.variable, str(tmp_path / "no lune"))
    with pytest.raises(package.MissingToolError, match="which does not exist"):
        package.compile(model, tmp_path / "b", verify=True)
    assert not (tmp_path / "b").exists()
    assert package.compile(model, tmp_path / "b").manifest.verification is None


def test_labels_belong_to_the_samples_before_some_are_taken(model: Path, tmp_path: Path) -> None:
    x, labels = floats(6, 4), np.arange(6) % 3
    build = package.compile(model, tmp_path / "b", inputs=x, labels=labels, samples=2)
    figures = build.manifest.verification
    assert figures is not None
    right = (x[:2] @ floats(4, 3, scale=0.03)).argmax(1) == labels[:2]
    assert (figures["samples"], figures["oracle_accuracy"]) == (2, right.mean())
    with pytest.raises(package.UsageError, match="one label for each of 6 samples"):
        package.compile(model, tmp_path / "b", inputs=x, labels=labels[:2], samples=2)


SAID = "the proof takes longer than the 0.001 seconds of --proof-seconds; "


def test_a_proof_ends_when_its_time_is_up(model: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    outcome = onnx2luau("compile", model, "-o", tmp_path / "b", "--proof-seconds", "0.001")
    assert outcome.status == 2
    assert outcome.error == (
        f"{SAID}nothing was written: take fewer --samples, a larger --proof-seconds, or --no-verify"
    )
    assert tree(tmp_path) == before
    with pytest.raises(package.UsageError, match=r"longer than the 0\.001 seconds"):
        package.compile(model, tmp_path / "b", proof_seconds=0.001)
    assert tree(tmp_path) == before
    package.compile(model, tmp_path / "b")
    error = command("verify", model, tmp_path / "b", "--proof-seconds", "0.001")
    assert isinstance(error, package.UsageError)
    assert str(error) == f"{SAID}take fewer --samples, or a larger --proof-seconds"


def test_a_long_proof_says_how_long_and_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    onnx.save(dense(300, 300, 300), path)
    told: list[tuple[str, str]] = []
    request = Request(
        path,
        sample_count=20_000,
        proof_seconds=3,
        progress=lambda stage, detail="": told.append((stage, detail)),
    )
    start = time.monotonic()
    with pytest.raises(package.UsageError, match="longer than the 3 seconds"):
        package.driver.compile_model(request, tmp_path / "b")  # type: ignore[attr-defined]
    assert time.monotonic() - start < 100
    details = [detail for stage, detail in told if stage == "verify"]
    assert details[0].startswith("on 20,000 samples, about ")
    assert details[0].endswith(" by estimate")
    assert not (tmp_path / "b").exists()


def test_samples_are_told_while_they_run(tmp_path: Path) -> None:
    build = package.compile(dense(300, 300, 300), tmp_path / "b", verify=False)
    told: list[int] = []
    with Lune() as lune:
        run_in_batches(lune, build.folder, {"t0": floats(3_000, 1, 300)}, build.manifest.work, told.append)
    assert sum(told) == 3_000


def test_every_part_of_a_proof_can_be_ended(tmp_path: Path) -> None:
    build = package.compile(dense(4, 3), tmp_path / "b", verify=False)
    assert build.source is not None
    assert build.graph is not None
    oracle, samples, told = Oracle(build.source), {"t0": floats(3, 1, 4)}, []

    def end_at_the_second(count: int) -> None:
        told.append(count)
        if len(told) % 2 == 0:
            raise package.UsageError("enough")

    for outputs in (partial(oracle_outputs, oracle), reference_outputs):
        with pytest.raises(package.UsageError, match="enough"):
            outputs(build.graph, samples, advance=end_at_the_second)
    with pytest.raises(package.UsageError, match="enough"):
        referee_for(build.graph, samples, end_at_the_second)(range(3))
    assert told == [0] * 6


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a second"), (0.4, "less than a second"), (1, "about 1 second"), (59, "about 59 seconds"),
     (90, "about 2 minutes"), (3600, "about 60 minutes"), (7200, "about 2 hours"), (1e7, "about 2,778 hours")],
)  # fmt: skip
def test_times_as_people_say_them(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_plain_lines_are_few(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("onnx2luau.cli.console.time.monotonic", lambda: now[0])
    with stages() as progress:
        progress("read")
        for second in range(31):
            now[0] = second
            progress("verify", f"{second} of 100 samples")
    assert capsys.readouterr().err.splitlines() == [
        "reading the model",
        "proving it: 0 of 100 samples",
        "proving it: 10 of 100 samples",
        "proving it: 20 of 100 samples",
        "proving it: 30 of 100 samples",
    ]


def test_the_limit_itself() -> None:
    limit = ProofLimit(1000, "do less")
    limit.check()
    assert 0 < limit.left() <= 1000
    with pytest.raises(
        package.UsageError, match=r"longer than the 1e-09 seconds of --proof-seconds; do less"
    ):
        ProofLimit(1e-9, "do less").check()


@pytest.mark.parametrize(
    "size", ["0", "00", "²", "٣", "-1", "1.5", "1e3", "9" * 5000, "", " 1", "1 ", "+1", "0x10", "1_000"]
)
def test_sizes_that_are_none(size: str) -> None:
    with pytest.raises(package.UsageError, match="--dim takes NAME=") as caught:
        sizes([f"n={size}"])
    assert size == "" or len(str(caught.value)) < 200


@pytest.mark.parametrize("number", ["²", "9" * 30, "9" * 4300, "9" * 5000, "1.5", "", "-1", "0"])
@pytest.mark.parametrize(
    "command",
    [
        ["compile", "model.onnx", "-o", "b", "--samples"],
        ["verify", "model.onnx", "b", "--samples"],
        ["bench", "model.onnx", "--batch"],
        ["bench", "model.onnx", "--rounds"],
    ],
)
def test_numbers_that_are_none(command: list[str], number: str) -> None:
    outcome = CliRunner().invoke(app, [*command, number])
    assert outcome.exit_code == 2
    assert "Invalid value for" in outcome.output


def test_numbers_beyond_memory(model: Path, tmp_path: Path) -> None:
    package.compile(model, tmp_path / "b")
    for bench in (["bench", model], ["bench", tmp_path / "b"]):
        error = command(*bench, "--batch", "100000000", "--rounds", "1")
        assert isinstance(error, package.UsageError)
        assert "takes more memory than there may be" in str(error)
    error = command("compile", model, "-o", tmp_path / "b", "--samples", "100000000")
    assert isinstance(error, package.UsageError)
    assert "are made; take fewer" in str(error)
