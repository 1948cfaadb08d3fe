"""Chains become one loop."""

from tests.rewrites import Rewrite

REWRITES = [
    Rewrite(
        "a chain becomes one loop",
        """
        input %x : f32[2] = "x"
        input %y : f32[2] = "y"
        %a = pointwise(body=(add($0, $1)), inputs=[%x, %y], dtype=!f32) : f32[2]
        %b = pointwise(body=(exp($0)), inputs=[%a], dtype=!f32) : f32[2]
        %c = pointwise(body=(sub($0, $1)), inputs=[%x, %b], dtype=!f32) : f32[2] @ "last" as "t"
        output "c" = %c
        """,
        """
        input %x : f32[2] = "x"
        input %y : f32[2] = "y"
        %c = pointwise(body=(sub($0, exp(add($0, $1)))), inputs=[%x, %y], dtype=!f32) : f32[2] @ "last" as "t"
        output "c" = %c
        """,
    ),
    Rewrite(
        "a value that two read, or that is an output, stays",
        """
        input %x : f32[2] = "x"
        %a = pointwise(body=(exp($0)), inputs=[%x], dtype=!f32) : f32[2]
        %b = pointwise(body=(neg($0)), inputs=[%a], dtype=!f32) : f32[2]
        %c = pointwise(body=(abs($0)), inputs=[%a], dtype=!f32) : f32[2]
        %d = pointwise(body=(sqrt($0)), inputs=[%c], dtype=!f32) : f32[2]
        output "b" = %b
        output "c" = %c
        output "d" = %d
        """,
    ),
    Rewrite(
        "a value that one reads twice is fused",
        """
        input %x : f32[2] = "x"
        %a = pointwise(body=(exp($0)), inputs=[%x], dtype=!f32) : f32[2]
        %b = pointwise(body=(mul($0, sigmoid($0))), inputs=[%a], dtype=!f32) : f32[2]
        output "b" = %b
        """,
        """
        input %x : f32[2] = "x"
        %b = pointwise(body=(mul(exp($0), sigmoid(exp($0)))), inputs=[%x], dtype=!f32) : f32[2]
        output "b" = %b
        """,
    ),
    Rewrite(
        "a smaller value is not worked out again for each element, nor is a 64-bit one left unseen",
        """
        input %x : f32[2] = "x"
        input %y : f32[3,2] = "y"
        input %i : i64[2] = "i"
        %a = pointwise(body=(exp($0)), inputs=[%x], dtype=!f32) : f32[2]
        %b = pointwise(body=(add($0, $1)), inputs=[%a, %y], dtype=!f32) : f32[3,2]
        %j = pointwise(body=(mul($0, $0)), inputs=[%i], dtype=!i64) : i64[2]
        %k = pointwise(body=(mod($0, 7.0)), inputs=[%j], dtype=!i64) : i64[2]
        output "b" = %b
        output "k" = %k
        """,
    ),
]
