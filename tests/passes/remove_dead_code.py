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
    Rewrite(
        "an op stays as long as one of its results is read",
        """
        input %x : f32[4] = "x"
        %v, %i = top_k(x=%x, count=2, axis=0) : f32[2], i64[2]
        %w, %j = top_k(x=%x, count=3, axis=0) : f32[3], i64[3]
        output "i" = %i
        """,
        """
        input %x : f32[4] = "x"
        %v, %i = top_k(x=%x, count=2, axis=0) : f32[2], i64[2]
        output "i" = %i
        """,
    ),
    Rewrite(
        "places that nothing reads are not looked for",
        """
        input %x : f32[1,1,4] = "x"
        %a, %i = pool(x=%x, kind="max", kernel=[2], strides=[1], pads=[0, 0], dilations=[1], overhang=[0], with_places=true) : f32[1,1,3], i64[1,1,3] @ "pool" as "a", "i"
        %b, %j = pool(x=%a, kind="max", kernel=[2], strides=[1], pads=[0, 0], dilations=[1], overhang=[0], with_places=true) : f32[1,1,2], i64[1,1,2]
        output "b" = %b
        output "j" = %j
        """,
        """
        input %x : f32[1,1,4] = "x"
        %a = pool(x=%x, kind="max", kernel=[2], strides=[1], pads=[0, 0], dilations=[1], overhang=[0]) : f32[1,1,3] @ "pool" as "a"
        %b, %j = pool(x=%a, kind="max", kernel=[2], strides=[1], pads=[0, 0], dilations=[1], overhang=[0], with_places=true) : f32[1,1,2], i64[1,1,2]
        output "b" = %b
        output "j" = %j
        """,
    ),
]
