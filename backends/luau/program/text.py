"""A program as text: a kernel a line, and the layouts of what it makes."""

from __future__ import annotations

from collections.abc import Mapping

from onnx2luau.backends.luau.program.kernel import Kernel
from onnx2luau.backends.luau.program.layouts import Layout, View
from onnx2luau.backends.luau.program.program import Program
from onnx2luau.compiler.ir.values import Value


def print_program(program: Program) -> str:
    """Return a program as people read it; names are those of the graph and of the generated functions."""
    heading = f"program {program.graph.name!r} for {program.target}, about {program.cost / 1000:,.1f} us\n"
    views = [
        f"  %{value.name}: {value.type} = {layout}"
        for value, layout in program.layouts.items()
        if isinstance(layout, View)
    ]
    lines = [line for kernel in program.kernels for line in _lines(program, kernel)]
    return heading + "\n".join([*lines, *views]) + "\n"


def _lines(program: Program, kernel: Kernel) -> list[str]:
    bodies = [f"    {line}" for body in kernel.bodies for line in print_program(body).splitlines()]
    return [_line(program, kernel), *bodies]


def _line(program: Program, kernel: Kernel) -> str:
    makes = ", ".join(_typed(value, program.layouts) for value in kernel.writes)
    reads = ", ".join(f"%{value.name}" for value in kernel.reads)
    others = [name for name in kernel.alternatives if name != kernel.schedule]
    instead = f", not {', '.join(others)}" if others else ""
    cost = f"{kernel.match.cost / 1000:,.2f} us"
    return f"  {makes} = {kernel.name}({reads})  # {kernel.kind} by {kernel.schedule}, {cost}{instead}"


def _typed(value: Value, layouts: Mapping[Value, Layout]) -> str:
    place = f" in {layouts[value]}" if value in layouts else ""
    return f"%{value.name}: {value.type}{place}"
