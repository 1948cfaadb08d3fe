"""Einsum's equations, read before the onnx library does: it never ends on some of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import onnx

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx.unsupported import described

EQUATION = re.compile(r"TERM(,TERM)*(->TERM)?".replace("TERM", r"[A-Za-z]*(\.\.\.)?[A-Za-z]*"))


def check_equations(called: Iterable[onnx.NodeProto], name: str) -> None:
    """Refuse an Einsum whose equation is not terms of letters, each with at most one ellipsis."""
    for node in called:
        for attribute in node.attribute if node.op_type == "Einsum" else ():
            text = attribute.s.decode("utf-8", "replace")
            if attribute.name == "equation" and EQUATION.fullmatch(text.replace(" ", "")) is None:
                raise ModelError(
                    f"{name}: the Einsum at node {described(node)} has the equation {text[:80]!r}, "
                    "which can't be read; a term is letters and at most one '...'"
                )
