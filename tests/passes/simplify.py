"""Ops that change nothing go, moves are joined."""

from tests.rewrites import Rewrite

REWRITES = [
    Rewrite(
        "nothing is left of what changes nothing",
        """
        input %x : f32[2,3] = "x"
        %n = pointwise(body=(add($0, -0.0)), inputs=[%x], dtype=!f32) : f32[2,3]
        %a = pointwise(body=(sub($0, 0.0)), inputs=[%n], dtype=!f32) : f32[2,3]
        %b = pointwise(body=(div($0, 1.0)), inputs=[%a], dtype=!f32) : f32[2,3]
        %c = reshape(x=%b, shape=[2, 3]) : f32[2,3]
        %d = transpose(x=%c, permutation=[0, 1]) : f32[2,3]
        %e = slice(x=%d, starts=[0, 0], steps=[1, 1], extents=[2, 3]) : f32[2,3]
        %f = concat(parts=[%e], axis=0) : f32[2,3]
        %g = pad(x=%f, begins=[0, 0], ends=[0, 0]) : f32[2,3]
        %y = pointwise(body=(exp($0)), inputs=[%g], dtype=!f32) : f32[2,3]
        output "y" = %y
        """,
        """
        input %x : f32[2,3] = "x"
        %y = pointwise(body=(exp($0)), inputs=[%x], dtype=!f32) : f32[2,3]
        output "y" = %y
        """,
    ),
    Rewrite(
        "a sum that makes 0 of -0 stays",
        """
        input %x : f32[2,3] = "x"
        %a = pointwise(body=(add($0, 0.0)), inputs=[%x], dtype=!f32) : f32[2,3]
        %b = pointwise(body=(sub($0, -0.0)), inputs=[%x], dtype=!f32) : f32[2,3]
        output "a" = %a
        output "b" = %b
        """,
    ),
    Rewrite(
        "a slice that turns round, a cast and a gain of rank stay",
        """
        input %x : f32[3] = "x"
        const %one : f32[1,1] = [1.0]
        %a = slice(x=%x, starts=[2], steps=[-1], extents=[3]) : f32[3]
        %b = pointwise(body=($0), inputs=[%a], dtype=!i32) : i32[3]
        %c = pointwise(body=(mul($0, $1)), inputs=[%x, %one], dtype=!f32) : f32[1,3]
        output "b" = %b
        output "c" = %c
        """,
    ),
    Rewrite(
        "moves that follow each other become one",
        """
        input %x : f32[2,3,4] = "x"
        %a = transpose(x=%x, permutation=[1, 0, 2]) : f32[3,2,4]
        %b = transpose(x=%a, permutation=[2, 0, 1]) : f32[4,3,2]
        %c = reshape(x=%b, shape=[12, 2]) : f32[12,2]
        %d = reshape(x=%c, shape=[24]) : f32[24]
        output "d" = %d
        """,
        """
        input %x : f32[2,3,4] = "x"
        %a = transpose(x=%x, permutation=[1, 0, 2]) : f32[3,2,4]
        %b = transpose(x=%x, permutation=[2, 1, 0]) : f32[4,3,2]
        %c = reshape(x=%b, shape=[12, 2]) : f32[12,2]
        %d = reshape(x=%b, shape=[24]) : f32[24]
        output "d" = %d
        """,
    ),
    Rewrite(
        "a transpose that moves only axes of one is a reshape",
        """
        input %x : f32[2,1,3] = "x"
        %a = transpose(x=%x, permutation=[1, 0, 2]) : f32[1,2,3]
        %b = transpose(x=%x, permutation=[2, 1, 0]) : f32[3,1,2]
        output "a" = %a
        output "b" = %b
        """,
        """
        input %x : f32[2,1,3] = "x"
        %a = reshape(x=%x, shape=[1, 2, 3]) : f32[1,2,3]
        %b = transpose(x=%x, permutation=[2, 1, 0]) : f32[3,1,2]
        output "a" = %a
        output "b" = %b
        """,
    ),
]
