"""Graph in, program out: every decision between the two, in the order in which it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from onnx2luau.backends.luau.emit.reserved import RESERVED
from onnx2luau.backends.luau.fusions import Group, fusions
from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.program import Kernel, Layout, Match, Program, Segment, Site, View, all_kernels
from onnx2luau.backends.luau.schedules import cheapest, matches, schedules
from onnx2luau.backends.luau.scheduling.lanes import in_lanes
from onnx2luau.backends.luau.scheduling.names import function_names
from onnx2luau.backends.luau.scheduling.outputs import with_own_outputs
from onnx2luau.backends.luau.scheduling.samples import program_of_samples
from onnx2luau.backends.luau.scheduling.views import views
from onnx2luau.backends.luau.scheduling.wishes import APART, Wishes
from onnx2luau.compiler.ir.density import expected_densities
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.ir.ops.concat import Concat
from onnx2luau.compiler.ir.values import Value


def schedule(graph: Graph, options: Options, densities: Mapping[Value, float] | None = None) -> Program:
    """Decide how a graph is computed. The same graph, options and densities give the same program.

    `densities` are the shares of each layer's inputs that are not zero, if they were counted.
    """
    taken = set(RESERVED)
    known = expected_densities(graph) | dict(densities or {})
    program, groups = _scheduled(with_own_outputs(graph), options, known, taken)
    Wishes(options.schedules, {}).check(all_kernels(program), groups)
    return replace(program, samples=program_of_samples(program))


def _scheduled(
    graph: Graph, options: Options, known: Mapping[Value, float], taken: set[str]
) -> tuple[Program, list[Group]]:
    """Return the program of a graph or a body, and the nodes that could be one kernel.

    `taken` are the names that functions have already.
    """
    names = function_names(graph.nodes, taken)
    wishes = Wishes(options.schedules, names)
    groups: list[Group] = []
    bodies: dict[Value, tuple[Program, ...]] = {}
    for node in graph.nodes:
        inner = [_body(body, options, taken) for body in node.op.graphs]
        bodies[node.result] = tuple(program for program, _ in inner)
        groups += [group for _, found in inner for group in found]
    site = partial(Site, target=options.target, constants=graph.constants, densities=known)

    def wanted(node: Node, layouts: Mapping[Value, Layout]) -> Mapping[str, Match]:
        right = matches(site((node,), layouts=layouts, bodies=bodies[node.result]))
        name = wishes.of(node)
        return right if name in (None, APART) else {name: right[name]} if name in right else {}

    layouts = in_lanes(graph, views(graph, wanted), wanted)
    scheduler = _Scheduler(graph, partial(site, layouts=layouts), names, wishes, bodies)
    kernels = scheduler.kernels(layouts)
    return Program(graph, options.target, tuple(kernels), layouts, known), [*groups, *scheduler.groups]


def _body(graph: Graph, options: Options, taken: set[str]) -> tuple[Program, list[Group]]:
    # What a body is given was computed, so that hardly any of it is zero.
    known = expected_densities(graph, dict.fromkeys((port.value for port in graph.inputs), 1.0))
    return _scheduled(with_own_outputs(graph), options, known, taken)


class _Scheduler:
    """Makes the kernels of a graph whose layouts are known."""

    def __init__(
        self,
        graph: Graph,
        site: partial[Site],
        names: Mapping[Value, str],
        wishes: Wishes,
        bodies: Mapping[Value, tuple[Program, ...]],
    ) -> None:
        self._bodies = bodies
        self._graph, self._site, self._names, self._wishes = graph, site, names, wishes
        self.groups: list[Group] = []
        """Nodes that could be one kernel, whether or not they are."""

    def kernels(self, layouts: Mapping[Value, Layout]) -> list[Kernel]:
        fused: dict[Value, Kernel] = {}
        inner: set[Value] = set()
        for name, fusion in fusions().items():
            for group in fusion.groups(self._graph, layouts):
                kernel = None if inner & {node.result for node in group} else self._fused(name, group)
                if kernel is not None:
                    fused[kernel.last.result] = kernel
                    inner |= {node.result for node in group}
        return [
            fused[node.result] if node.result in fused else self._single(node)
            for node in self._graph.nodes
            if node.result in fused or not (node.result in inner or _is_there(self._site((node,))))
        ]

    def _fused(self, name: str, group: Group) -> Kernel | None:
        self.groups.append(group)
        site = self._site(group)
        match = fusions()[name].match(site)
        if match is None or not site.fits(match) or not self._wishes.allow(group, name):
            return None
        apart = sum(self._single(node).match.cost for node in group)
        if match.cost > apart + (len(group) - 1) * site.each.kernel:
            return None
        own = self._own_names(group)
        return Kernel(own[-1], group, own, name, match, (name, APART))

    def _single(self, node: Node) -> Kernel:
        bodies = self._bodies[node.result]
        right = matches(self._site((node,), bodies=bodies))
        known = tuple(schedules(op_name(node.op)))
        name = self._wishes.schedule_of(node, known, tuple(right))
        if name is None:
            name = cheapest(right)
        own = self._own_names([node])
        others = tuple(right) if len(known) > 1 else ()
        return Kernel(own[0], (node,), own, name, right[name], others, bodies)

    def _own_names(self, nodes: Sequence[Node]) -> tuple[str, ...]:
        return tuple(self._names[node.result] for node in nodes)


def _is_there(site: Site) -> bool:
    """Whether what a node makes is in memory without it: as a view, or joined of parts computed there."""
    op = site.nodes[-1].op
    if isinstance(op, Concat):
        return all(site.is_in_place(part, start) for part, start in op.places())
    layout = site.layout(site.result)
    return isinstance(layout, View) and not isinstance(layout, Segment)
