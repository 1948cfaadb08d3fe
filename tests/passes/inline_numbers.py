"""Constants of one element become part of expressions."""

from tests.rewrites import Rewrite

REWRITES = [
    Rewrite(
        "a constant of one element is written into the expression",
        """
        input %x : f32[2] = "x"
        const %a : f32[] = [3.0]
        const %b : f32[1] = [-0.5]
        %y = pointwise(body=(add(mul($0, $1), $2)), inputs=[%x, %a, %b], dtype=!f32) : f32[2]
        output "y" = %y
        """,
        """
        input %x : f32[2] = "x"
        const %a : f32[] = [3.0]
        const %b : f32[1] = [-0.5]
        %y = pointwise(body=(add(mul($0, 3.0), -0.5)), inputs=[%x], dtype=!f32) : f32[2]
        output "y" = %y
        """,
    ),
    Rewrite(
        "unless it is what gives the result its rank, or has several elements",
        """
        input %x : f32[2] = "x"
        const %a : f32[1,1] = [3.0]
        const %b : f32[2] = [1.0, 2.0]
        %y = pointwise(body=(mul($0, $1)), inputs=[%x, %a], dtype=!f32) : f32[1,2]
        %z = pointwise(body=(mul($0, $1)), inputs=[%x, %b], dtype=!f32) : f32[2]
        output "y" = %y
        output "z" = %z
        """,
    ),
]
