"""Activations become part of the layer before them."""

from tests.rewrites import DENSE, Rewrite

REWRITES = [
    Rewrite(
        "an activation goes into the layer",
        DENSE
        + """
        %h = dense(x=%x, weight=%w) : f32[1,3] @ "fc" as "h"
        %y = pointwise(body=(mul($0, sigmoid($0))), inputs=[%h], dtype=!f32) : f32[1,3] @ "swish" as "y"
        output "y" = %y
        """,
        DENSE
        + """
        %y = dense(x=%x, weight=%w, activation=(mul($0, sigmoid($0)))) : f32[1,3] @ "fc" as "y"
        output "y" = %y
        """,
    ),
    Rewrite(
        "one after another",
        DENSE
        + """
        %h = dense(x=%x, weight=%w) : f32[1,3]
        %a = pointwise(body=(max($0, 0.0)), inputs=[%h], dtype=!f32) : f32[1,3]
        %y = pointwise(body=(tanh($0)), inputs=[%a], dtype=!f32) : f32[1,3]
        output "y" = %y
        """,
        DENSE
        + """
        %y = dense(x=%x, weight=%w, activation=(tanh(max($0, 0.0)))) : f32[1,3]
        output "y" = %y
        """,
    ),
    Rewrite(
        "an inner output, a second operand and another type stay",
        DENSE
        + """
        %h = dense(x=%x, weight=%w) : f32[1,3]
        %a = pointwise(body=(tanh($0)), inputs=[%h], dtype=!f32) : f32[1,3]
        %i = dense(x=%x, weight=%w) : f32[1,3]
        %b = pointwise(body=(add($0, $1)), inputs=[%i, %h], dtype=!f32) : f32[1,3]
        %j = dense(x=%x, weight=%w) : f32[1,3]
        %c = pointwise(body=(gt($0, 0.0)), inputs=[%j], dtype=!bool) : bool[1,3]
        output "h" = %h
        output "a" = %a
        output "b" = %b
        output "c" = %c
        """,
    ),
    Rewrite(
        "between two layers it goes into the second",
        DENSE
        + """
        const %v : f32[1,3] = [1.0, 2.0, 3.0]
        %h = dense(x=%x, weight=%w) : f32[1,3] @ "fc" as "h"
        %a = pointwise(body=(max($0, 0.0)), inputs=[%h], dtype=!f32) : f32[1,3] @ "relu" as "a"
        %y = dense(x=%a, weight=%v) : f32[1,1] @ "out" as "y"
        output "y" = %y
        """,
        DENSE
        + """
        const %v : f32[1,3] = [1.0, 2.0, 3.0]
        %h = dense(x=%x, weight=%w) : f32[1,3] @ "fc" as "h"
        %y = dense(x=%h, weight=%v, before=(max($0, 0.0))) : f32[1,1] @ "out" as "y"
        output "y" = %y
        """,
    ),
    Rewrite(
        "between two layers, but read elsewhere, it goes into the first",
        DENSE
        + """
        const %v : f32[1,3] = [1.0, 2.0, 3.0]
        %h = dense(x=%x, weight=%w) : f32[1,3] @ "fc" as "h"
        %a = pointwise(body=(max($0, 0.0)), inputs=[%h], dtype=!f32) : f32[1,3] @ "relu" as "a"
        %y = dense(x=%a, weight=%v) : f32[1,1] @ "out" as "y"
        output "a" = %a
        output "y" = %y
        """,
        DENSE
        + """
        const %v : f32[1,3] = [1.0, 2.0, 3.0]
        %a = dense(x=%x, weight=%w, activation=(max($0, 0.0))) : f32[1,3] @ "fc" as "a"
        %y = dense(x=%a, weight=%v) : f32[1,1] @ "out" as "y"
        output "a" = %a
        output "y" = %y
        """,
    ),
]
