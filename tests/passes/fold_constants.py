"""Ops over constants alone are computed."""

from tests.rewrites import Rewrite

REWRITES = [
    Rewrite(
        "an op over constants becomes its result",
        """
        input %x : f32[2] = "x"
        const %a : f32[2] = [1.0, 2.0]
        const %b : f32[2] = [3.0, 4.0]
        %c = pointwise(body=(add($0, $1)), inputs=[%a, %b], dtype=!f32) : f32[2]
        %d = pointwise(body=(neg($0)), inputs=[%c], dtype=!f32) : f32[2]
        %y = pointwise(body=(mul($0, $1)), inputs=[%x, %d], dtype=!f32) : f32[2]
        output "y" = %y
        """,
        """
        input %x : f32[2] = "x"
        const %a : f32[2] = [1.0, 2.0]
        const %b : f32[2] = [3.0, 4.0]
        const %c_folded : f32[2] = [4.0, 6.0]
        const %d_folded : f32[2] = [-4.0, -6.0]
        %y = pointwise(body=(mul($0, $1)), inputs=[%x, %d_folded], dtype=!f32) : f32[2]
        output "y" = %y
        """,
    ),
    Rewrite(
        "what has no elements is known",
        """
        input %x : f32[2] = "x"
        const %w : f32[0,2] = []
        %a = slice(x=%x, starts=[0], steps=[1], extents=[0]) : f32[0]
        %y = dense(x=%x, weight=%w) : f32[0]
        %z = concat(parts=[%a, %x, %y], axis=0) : f32[2]
        output "z" = %z
        """,
        """
        input %x : f32[2] = "x"
        const %w : f32[0,2] = []
        const %a_empty : f32[0] = []
        const %y_empty : f32[0] = []
        %z = concat(parts=[%a_empty, %x, %y_empty], axis=0) : f32[2]
        output "z" = %z
        """,
    ),
    Rewrite(
        "a product of nothing",
        """
        input %x : f32[2] = "x"
        const %a : f32[4,0] = []
        const %b : f32[0,2] = []
        %p = matmul(a=%a, b=%b) : f32[4,2]
        output "p" = %p
        """,
        """
        input %x : f32[2] = "x"
        const %a : f32[4,0] = []
        const %b : f32[0,2] = []
        const %p_folded : f32[4,2] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        output "p" = %p_folded
        """,
    ),
    Rewrite(
        "every result of an op over constants",
        """
        input %x : f32[2] = "x"
        const %a : f32[3] = [1.0, 3.0, 2.0]
        %v, %i = top_k(x=%a, count=2, axis=0) : f32[2], i64[2]
        %y = pointwise(body=(add($0, $1)), inputs=[%x, %v], dtype=!f32) : f32[2]
        output "y" = %y
        output "i" = %i
        """,
        """
        input %x : f32[2] = "x"
        const %a : f32[3] = [1.0, 3.0, 2.0]
        const %v_folded : f32[2] = [3.0, 2.0]
        const %i_folded : i64[2] = [1, 2]
        %y = pointwise(body=(add($0, $1)), inputs=[%x, %v_folded], dtype=!f32) : f32[2]
        output "y" = %y
        output "i" = %i_folded
        """,
    ),
    Rewrite(
        "a constant that would only grow stays small",
        """
        input %x : f32[1] = "x"
        const %a : f32[1,1] = [1.0]
        %b = expand(x=%a, shape=[100,100]) : f32[100,100]
        %y = pointwise(body=(add($0, $1)), inputs=[%x, %b], dtype=!f32) : f32[100,100]
        output "y" = %y
        """.replace("[100,100])", "[100, 100])"),
    ),
]
