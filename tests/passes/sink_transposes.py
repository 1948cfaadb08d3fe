"""Transposes meet their inverses across what does the same in any order of axes."""

from tests.rewrites import Rewrite

REWRITES = [
    Rewrite(
        "an inverse pair around pointwise ops, with a bias for each channel, is gone",
        """
        input %x : f32[1,2,3,4] = "x"
        const %b : f32[2] = [1.0, 2.0]
        %a = transpose(x=%x, permutation=[0, 2, 3, 1]) : f32[1,3,4,2]
        %c = pointwise(body=(add($0, $1)), inputs=[%a, %b], dtype=!f32) : f32[1,3,4,2]
        %d = pointwise(body=(tanh($0)), inputs=[%c], dtype=!f32) : f32[1,3,4,2]
        %e = transpose(x=%d, permutation=[0, 3, 1, 2]) : f32[1,2,3,4]
        %f = pointwise(body=(exp($0)), inputs=[%e], dtype=!f32) : f32[1,2,3,4]
        output "f" = %f
        """,
        """
        input %x : f32[1,2,3,4] = "x"
        const %b_turned : f32[1,2,1,1] = [1.0, 2.0]
        %c_2 = pointwise(body=(add($0, $1)), inputs=[%x, %b_turned], dtype=!f32) : f32[1,2,3,4]
        %d_2 = pointwise(body=(tanh($0)), inputs=[%c_2], dtype=!f32) : f32[1,2,3,4]
        %f = pointwise(body=(exp($0)), inputs=[%d_2], dtype=!f32) : f32[1,2,3,4]
        output "f" = %f
        """,
    ),
    Rewrite(
        "a residual connection, a pad, a concatenation and a mean",
        """
        input %x : f32[1,2,3,4] = "x"
        input %z : f32[1,2,3,4] = "z"
        %a = transpose(x=%x, permutation=[0, 2, 3, 1]) : f32[1,3,4,2]
        %b = transpose(x=%z, permutation=[0, 2, 3, 1]) : f32[1,3,4,2]
        %c = pointwise(body=(add($0, $1)), inputs=[%a, %b], dtype=!f32) : f32[1,3,4,2]
        %d = pad(x=%c, begins=[0, 1, 0, 0], ends=[0, 0, 2, 0]) : f32[1,4,6,2]
        %e = concat(parts=[%d, %d], axis=3) : f32[1,4,6,4]
        %f = reduce(x=%e, kind="mean", axes=[1, 2]) : f32[1,1,1,4]
        output "f" = %f
        """,
        """
        input %x : f32[1,2,3,4] = "x"
        input %z : f32[1,2,3,4] = "z"
        %c_2 = pointwise(body=(add($0, $1)), inputs=[%x, %z], dtype=!f32) : f32[1,2,3,4]
        %d_2 = pad(x=%c_2, begins=[0, 0, 1, 0], ends=[0, 0, 0, 2]) : f32[1,2,4,6]
        %e_2 = concat(parts=[%d_2, %d_2], axis=1) : f32[1,4,4,6]
        %f_2 = reduce(x=%e_2, kind="mean", axes=[2, 3]) : f32[1,4,1,1]
        %f = transpose(x=%f_2, permutation=[0, 2, 3, 1]) : f32[1,1,1,4]
        output "f" = %f
        """,
    ),
    Rewrite(
        "a transpose that others read, different ones, and one beside a tensor without stay",
        """
        input %x : f32[2,3] = "x"
        input %z : f32[3,2] = "z"
        input %q : f32[2,2,2] = "q"
        %a = transpose(x=%x, permutation=[1, 0]) : f32[3,2]
        %b = pointwise(body=(exp($0)), inputs=[%a], dtype=!f32) : f32[3,2]
        %c = transpose(x=%x, permutation=[1, 0]) : f32[3,2]
        %d = pointwise(body=(add($0, $1)), inputs=[%c, %z], dtype=!f32) : f32[3,2]
        %e = transpose(x=%q, permutation=[1, 0, 2]) : f32[2,2,2]
        %f = transpose(x=%q, permutation=[2, 1, 0]) : f32[2,2,2]
        %g = pointwise(body=(add($0, $1)), inputs=[%e, %f], dtype=!f32) : f32[2,2,2]
        output "a" = %a
        output "b" = %b
        output "d" = %d
        output "g" = %g
        """,
    ),
]
