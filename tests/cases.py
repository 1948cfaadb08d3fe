"""Test cases for operators: a small ONNX model, its inputs, and the comparison that proves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.backends.luau.weights.rounding import round_weights
from onnx2luau.backends.luau.write.module import emit_module
from onnx2luau.backends.luau.write.sample import Sample
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.run_time import work_of
from onnx2luau.builds.build_folder import write_files
from onnx2luau.compiler.agreement import compare
from onnx2luau.compiler.ir.check import check
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.text import parse, print_graph
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.oracle import Oracle
from onnx2luau.proof.probes import draw_probes
from onnx2luau.proof.verify import referee_for, reference_outputs, run_in_batches
from onnx2luau.request import SAMPLES
from onnx2luau.samples.samples import Samples
from onnx2luau.source import Source

Array = np.ndarray[Any, np.dtype[Any]]
OPSET = 20
FIRST = 7


@dataclass(frozen=True)
class Case:
    """A model with samples [count, *shape] for its inputs."""

    name: str
    model: onnx.ModelProto
    samples: Samples


def case(
    operator: str,
    *inputs: Array | None,
    name: str = "",
    constant: Sequence[int] = (),
    opset: int = OPSET,
    outputs: int = 1,
    **attributes: Any,
) -> Case:
    """Return a case of one node.

    inputs: the node's inputs in order, None for one left out; those at the positions in `constant` are
    initializers, the others are model inputs. attributes: the node's.
    """
    names = ["" if array is None else f"in{index}" for index, array in enumerate(inputs)]
    results = [f"out{index}" for index in range(outputs)]
    plain = {
        key: numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for key, value in attributes.items()
    }
    node = helper.make_node(operator, names, results, name=f"the {operator}", **plain)
    fixed = {names[i]: inputs[i] for i in constant}
    free = {
        n: array for n, array in zip(names, inputs, strict=True) if n and n not in fixed and array is not None
    }
    model = make_model([node], free, results, fixed, opset)
    shown = name or " ".join(f"{key}={value}" for key, value in attributes.items())
    return Case(f"{operator}-{opset} {shown}".strip(), model, {n: array[None] for n, array in free.items()})


def make_model(
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, Array],
    outputs: Sequence[str],
    constants: dict[str, Array] | None = None,
    opset: int = OPSET,
) -> onnx.ModelProto:
    """Return a model of some nodes; `inputs` are arrays whose shapes and types its inputs get."""
    graph = helper.make_graph(
        list(nodes),
        "case",
        [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), list(a.shape))
            for n, a in inputs.items()
        ],
        [helper.make_empty_tensor_value_info(n) for n in outputs],
        [numpy_helper.from_array(np.asarray(array), n) for n, array in (constants or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model)


def opsets(operator: str) -> list[int]:
    """Return the opsets from FIRST on at which an operator's signature or types changed."""
    schemas = onnx.defs.get_all_schemas_with_history()
    since = {schema.since_version for schema in schemas if schema.name == operator and not schema.domain}
    return sorted(
        {FIRST if version <= FIRST <= max(since) else version for version in since} - set(range(FIRST))
    )


def floats(*shape: int, seed: int = 0, scale: float = 1.0) -> Array:
    """Return seeded normal f32 numbers."""
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


def prove(tested: Case, folder: Path, lune: Lune, options: Options | None = None) -> None:
    """Assert that the numpy reference and the Luau agree with ONNX Runtime, before and after the passes."""
    graph, expected = prove_reference(tested)
    prove_luau(graph, tested.samples, expected, folder, lune, options or Options(target=lune.target))


def prove_reference(tested: Case) -> tuple[Graph, Samples]:
    """Assert the same of the numpy reference; return the optimised graph and ONNX Runtime's outputs."""
    graph = import_model(tested.model, tested.name)
    assert parse(print_graph(graph)) == graph
    expected = oracle_outputs(Oracle(Source(tested.model, tested.name, "", "")), tested.samples)
    plain = compare(reference_outputs(graph, tested.samples), expected)
    assert plain.agrees, f"numpy before the passes: {plain.difference}"
    optimised = check(run_pipeline(graph))
    assert parse(print_graph(optimised)) == optimised
    after = compare(reference_outputs(optimised, tested.samples), expected)
    assert after.agrees, f"numpy after the passes: {after.difference}\n{print_graph(optimised, elide=True)}"
    return optimised, expected


def prove_by_default(tested: Case, graph: Graph, expected: Samples, folder: Path, lune: Lune) -> None:
    """Assert the same of the Luau for a target, also on the samples of a compile without any options."""
    count = len(next(iter(expected.values())))
    evidence = draw_probes(graph, SAMPLES)
    proved = oracle_outputs(Oracle(Source(tested.model, tested.name, "", "")), evidence.samples)
    both = {name: np.concatenate([array, evidence.samples[name]]) for name, array in tested.samples.items()}
    actual = run_luau(graph, Options(lune.target), both, folder, lune)
    luau = compare({name: array[:count] for name, array in actual.items()}, expected)
    assert luau.agrees, f"Luau: {luau.difference}\n{luau_text(folder)}"
    found = {name: array[count:] for name, array in actual.items()}
    referee = referee_for(graph, evidence.samples)
    proof = compare(found, proved, ordinary=evidence.ordinary, referee=referee)
    assert proof.agrees, f"the proof: {proof.difference}\n{luau_text(folder)}"


def prove_luau(
    graph: Graph, samples: Samples, expected: Samples, folder: Path, lune: Lune, options: Options
) -> None:
    """Assert that the Luau of a graph gives what is expected; with rounded weights, what numpy gives."""
    if options.weights != "f32":
        graph = round_weights(graph, options.weights)
        expected = reference_outputs(graph, samples)
    actual = run_luau(graph, options, samples, folder, lune)
    luau = compare(actual, expected)
    assert luau.agrees, f"Luau: {luau.difference}\n{(folder / 'Model.luau').read_text()}"


def oracle_outputs(oracle: Oracle, samples: Samples) -> Samples:
    """Return ONNX Runtime's outputs [count, *shape]."""
    count = len(next(iter(samples.values()), [None]))
    results = [
        # Without this, an input of rank 0 would be a number and no array.
        oracle.run({name: np.asarray(array[index]) for name, array in samples.items()})
        for index in range(count)
    ]
    return {name: np.stack([result[name] for result in results]) for name in oracle.outputs}


def run_luau(graph: Graph, options: Options, samples: Samples, folder: Path, lune: Lune) -> Samples:
    """Write a graph as a build and run it under Lune; outputs [count, *shape]."""
    write_build(graph, options, samples, folder)
    return run_in_batches(lune, folder, samples, work_of(graph))


def write_build(graph: Graph, options: Options, samples: Samples, folder: Path) -> None:
    """Write a graph as a build; what its self-test expects is zero."""
    inputs = tuple(samples[port.name][0] for port in graph.inputs)
    outputs = tuple(np.zeros(port.value.shape, np.float32) for port in graph.outputs)
    module = emit_module(schedule(graph, options), options, Sample(inputs, outputs, (0.0,) * len(outputs)))
    write_files(folder, {**module.files, "Model.luau": module.model_file(["A test"], {})})


def luau_text(folder: Path) -> str:
    """Return the text of a build's module that users require."""
    return (folder / "Model.luau").read_text("ascii")
