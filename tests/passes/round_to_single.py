"""Arithmetic is rounded where a cut depends on it, and nowhere else."""

from tests.rewrites import DENSE, Rewrite

X = """
input %x : f32[1,2] = "x"
"""

REWRITES = [
    Rewrite(
        "nothing is cut",
        DENSE
        + """
        %a = pointwise(body=(mul($0, 10.0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %h = dense(x=%a, weight=%w) : f32[1,3]
        %y = pointwise(body=(max($0, 0.0)), inputs=[%h], dtype=!f32) : f32[1,3]
        output "y" = %y
        """,
    ),
    Rewrite(
        "each step of the chain before a cut, and the constants of it",
        X
        + """
        %a = pointwise(body=(div($0, 0.1)), inputs=[%x], dtype=!f32) : f32[1,2]
        %b = reshape(x=%a, shape=[2]) : f32[2]
        %c = pointwise(body=(sub($0, 1.0)), inputs=[%b], dtype=!f32) : f32[2]
        %d = pointwise(body=(round_even($0)), inputs=[%c], dtype=!f32) : f32[2]
        %y = pointwise(body=(mul($0, 0.1)), inputs=[%d], dtype=!f32) : f32[2]
        output "y" = %y
        """,
        X
        + """
        %a = pointwise(body=(to_f32(div($0, 0.10000000149011612))), inputs=[%x], dtype=!f32) : f32[1,2]
        %b = reshape(x=%a, shape=[2]) : f32[2]
        %c = pointwise(body=(to_f32(sub($0, 1.0))), inputs=[%b], dtype=!f32) : f32[2]
        %d = pointwise(body=(round_even($0)), inputs=[%c], dtype=!f32) : f32[2]
        %y = pointwise(body=(mul($0, 0.1)), inputs=[%d], dtype=!f32) : f32[2]
        output "y" = %y
        """,
    ),
    Rewrite(
        "inputs, maxima, choices and moves are exact as they are",
        X
        + """
        %a = pointwise(body=(max($0, 0.0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %b = transpose(x=%a, permutation=[1, 0]) : f32[2,1]
        %c = reduce(x=%b, kind="max", axes=[0]) : f32[1,1]
        %d = pointwise(body=(where(gt($0, 1.0), $0, $1)), inputs=[%a, %c], dtype=!f32) : f32[1,2]
        %y = pointwise(body=(ge($0, 2.0)), inputs=[%d], dtype=!bool) : bool[1,2]
        output "y" = %y
        """,
    ),
    Rewrite(
        "a sum is rounded once, with what scales and shifts it",
        DENSE.replace("1.0, 2.0", "0.5, 2.0")
        + """
        %a = pointwise(body=(mul($0, 10.0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %h = dense(x=%a, weight=%w) : f32[1,3]
        %i = pointwise(body=(mul($0, 2.0)), inputs=[%h], dtype=!f32) : f32[1,3]
        %j = pointwise(body=(add($0, 0.5)), inputs=[%i], dtype=!f32) : f32[1,3]
        %y = pointwise(body=(gt($0, 0.25)), inputs=[%j], dtype=!bool) : bool[1,3]
        output "y" = %y
        """,
        DENSE.replace("1.0, 2.0", "0.5, 2.0")
        + """
        %a = pointwise(body=(mul($0, 10.0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %h = dense(x=%a, weight=%w) : f32[1,3]
        %i = pointwise(body=(mul($0, 2.0)), inputs=[%h], dtype=!f32) : f32[1,3]
        %j = pointwise(body=(to_f32(add($0, 0.5))), inputs=[%i], dtype=!f32) : f32[1,3]
        %y = pointwise(body=(gt($0, 0.25)), inputs=[%j], dtype=!bool) : bool[1,3]
        output "y" = %y
        """,
    ),
    Rewrite(
        "a sum by whole weights is exact, and so what it reads counts",
        DENSE
        + """
        %a = pointwise(body=(mul($0, 10.0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %h = dense(x=%a, weight=%w) : f32[1,3]
        %y = pointwise(body=(floor($0)), inputs=[%h], dtype=!f32) : f32[1,3]
        output "y" = %y
        """,
        DENSE
        + """
        %a = pointwise(body=(to_f32(mul($0, 10.0))), inputs=[%x], dtype=!f32) : f32[1,2]
        %h_2 = dense(x=%a, weight=%w) : f32[1,3]
        %h = pointwise(body=(to_f32($0)), inputs=[%h_2], dtype=!f32) : f32[1,3]
        %y = pointwise(body=(floor($0)), inputs=[%h], dtype=!f32) : f32[1,3]
        output "y" = %y
        """,
    ),
    Rewrite(
        "rounding does not change the sign of a sum",
        DENSE.replace("1.0, 2.0", "0.5, 2.0")
        + """
        %h = dense(x=%x, weight=%w) : f32[1,3]
        %y = pointwise(body=(where(lt($0, 0.0), mul($0, 0.1), $0)), inputs=[%h], dtype=!f32) : f32[1,3]
        output "y" = %y
        """,
    ),
    Rewrite(
        "a cut inside an expression, and a saturated function before it",
        X
        + """
        %s = pointwise(body=(sigmoid($0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %y = pointwise(body=(add(floor(mul($0, 0.1)), $0)), inputs=[%s], dtype=!f32) : f32[1,2]
        output "y" = %y
        """,
        X
        + """
        %s = pointwise(body=(to_f32(sigmoid($0))), inputs=[%x], dtype=!f32) : f32[1,2]
        %y = pointwise(body=(add(floor(to_f32(mul($0, 0.10000000149011612))), $0)), inputs=[%s], dtype=!f32) : f32[1,2]
        output "y" = %y
        """,
    ),
    Rewrite(
        "reductions, products and softmax",
        X
        + """
        input %z : f32[2,2] = "z"
        %a = pointwise(body=(mul($0, 10.0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %m = reduce(x=%a, kind="mean", axes=[1]) : f32[1,1]
        %p = matmul(a=%x, b=%z) : f32[1,2]
        %s = softmax(x=%x, axis=1) : f32[1,2]
        %i = pointwise(body=(trunc($0)), inputs=[%m], dtype=!i64) : i64[1,1]
        %j = pointwise(body=(eq($0, $1)), inputs=[%p, %s], dtype=!bool) : bool[1,2]
        output "i" = %i
        output "j" = %j
        """,
        X
        + """
        input %z : f32[2,2] = "z"
        %a = pointwise(body=(to_f32(mul($0, 10.0))), inputs=[%x], dtype=!f32) : f32[1,2]
        %m_2 = reduce(x=%a, kind="mean", axes=[1]) : f32[1,1]
        %m = pointwise(body=(to_f32($0)), inputs=[%m_2], dtype=!f32) : f32[1,1]
        %p_2 = matmul(a=%x, b=%z) : f32[1,2]
        %p = pointwise(body=(to_f32($0)), inputs=[%p_2], dtype=!f32) : f32[1,2]
        %s_2 = softmax(x=%x, axis=1) : f32[1,2]
        %s = pointwise(body=(to_f32($0)), inputs=[%s_2], dtype=!f32) : f32[1,2]
        %i = pointwise(body=(trunc($0)), inputs=[%m], dtype=!i64) : i64[1,1]
        %j = pointwise(body=(eq($0, $1)), inputs=[%p, %s], dtype=!bool) : bool[1,2]
        output "i" = %i
        output "j" = %j
        """,
    ),
    Rewrite(
        "integers are exact, until they become floats",
        """
        input %n : i64[2] = "n"
        %a = pointwise(body=(mul($0, 3.0)), inputs=[%n], dtype=!i64) : i64[2]
        %b = pointwise(body=(gt($0, 7.0)), inputs=[%a], dtype=!bool) : bool[2]
        %c = pointwise(body=($0), inputs=[%a], dtype=!f32) : f32[2]
        output "b" = %b
        output "c" = %c
        """,
        """
        input %n : i64[2] = "n"
        %a = pointwise(body=(mul($0, 3.0)), inputs=[%n], dtype=!i64) : i64[2]
        %b = pointwise(body=(gt($0, 7.0)), inputs=[%a], dtype=!bool) : bool[2]
        %c = pointwise(body=(to_f32($0)), inputs=[%a], dtype=!f32) : f32[2]
        output "b" = %b
        output "c" = %c
        """,
    ),
    Rewrite(
        "what an integer's power depends on is rounded, the power itself is one of doubles",
        """
        input %n : i32[2] = "n"
        input %x : f32[2] = "x"
        %a = pointwise(body=(mul($0, 0.1)), inputs=[%x], dtype=!f32) : f32[2]
        %b = pointwise(body=(to_i32(int_pow($0, $1))), inputs=[%n, %a], dtype=!i32) : i32[2]
        output "b" = %b
        """,
        """
        input %n : i32[2] = "n"
        input %x : f32[2] = "x"
        %a = pointwise(body=(to_f32(mul($0, 0.10000000149011612))), inputs=[%x], dtype=!f32) : f32[2]
        %b = pointwise(body=(to_i32(int_pow($0, $1))), inputs=[%n, %a], dtype=!i32) : i32[2]
        output "b" = %b
        """,
    ),
    Rewrite(
        "whether a number is NaN depends on what overflowed",
        """
        input %x : f32[2] = "x"
        %a = pointwise(body=(mul($0, $0)), inputs=[%x], dtype=!f32) : f32[2]
        %b = pointwise(body=(is_nan(sub($0, $0))), inputs=[%a], dtype=!bool) : bool[2]
        output "b" = %b
        """,
        """
        input %x : f32[2] = "x"
        %a = pointwise(body=(to_f32(mul($0, $0))), inputs=[%x], dtype=!f32) : f32[2]
        %b = pointwise(body=(is_nan(to_f32(sub($0, $0)))), inputs=[%a], dtype=!bool) : bool[2]
        output "b" = %b
        """,
    ),
    Rewrite(
        "the largest of sums is a matter of their last digits",
        """
        input %x : f32[1,2] = "x"
        const %w : f32[3,2] = [0.25, 0.5, 0.125, 1.5, 0.75, 2.5]
        %h = dense(x=%x, weight=%w) : f32[1,3]
        %v, %i = top_k(x=%h, count=1, axis=1) : f32[1,1], i64[1,1]
        output "i" = %i
        """,
        """
        input %x : f32[1,2] = "x"
        const %w : f32[3,2] = [0.25, 0.5, 0.125, 1.5, 0.75, 2.5]
        %h_2 = dense(x=%x, weight=%w) : f32[1,3]
        %h = pointwise(body=(to_f32($0)), inputs=[%h_2], dtype=!f32) : f32[1,3]
        %v, %i = top_k(x=%h, count=1, axis=1) : f32[1,1], i64[1,1]
        output "i" = %i
        """,
    ),
]
