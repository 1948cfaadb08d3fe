"""What no output needs goes."""

from tests.rewrites import Rewrite

REWRITES = [
    Rewrite(
        "what no output needs is gone, inputs stay",
        """
        input %x : f32[2] = "x"
        input %unread : f32[2] = "unread"
        const %a : f32[2] = [1.0, 2.0]
        const %b : f32[2] = [3.0, 4.0]
        %c = pointwise(body=(add($0, $1)), inputs=[%x, %a], dtype=!f32) : f32[2]
        %d = pointwise(body=(add($0, $1)), inputs=[%c, %b], dtype=!f32) : f32[2]
        %e = pointwise(body=(neg($0)), inputs=[%d], dtype=!f32) : f32[2]
        output "c" = %c
        """,
        """
        input %x : f32[2] = "x"
        input %unread : f32[2] = "unread"
        const %a : f32[2] = [1.0, 2.0]
        %c = pointwise(body=(add($0, $1)), inputs=[%x, %a], dtype=!f32) : f32[2]
        output "c" = %c
        """,
    ),
]
