"""What may be larger than any single overflows where it is stored, divided or given out."""

from tests.rewrites import DENSE, Rewrite

X = """
input %x : f32[1,2] = "x"
"""

REWRITES = [
    Rewrite(
        "what can't overflow",
        X
        + """
        %a = pointwise(body=(mul($0, sigmoid($0))), inputs=[%x], dtype=!f32) : f32[1,2]
        %b = pointwise(body=(mul($0, max(min(add(mul($0, 0.2), 0.5), 1.0), 0.0))), inputs=[%x], dtype=!f32) : f32[1,2]
        %c = pointwise(body=(mul(mul($0, 0.5), add(erf($0), 1.0))), inputs=[%x], dtype=!f32) : f32[1,2]
        %d = pointwise(body=(where(lt($0, 0.0), mul($0, 0.2), $0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %e = pointwise(body=(div($0, add(abs($0), 1.0))), inputs=[%x], dtype=!f32) : f32[1,2]
        %f = pointwise(body=(softplus($0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %g = pointwise(body=(where(gt($0, 0.0), $0, mul(sub(exp($0), 1.0), 1.7))), inputs=[%x], dtype=!f32) : f32[1,2]
        output "a" = %a
        output "b" = %b
        output "c" = %c
        output "d" = %d
        output "e" = %e
        output "f" = %f
        output "g" = %g
        """,
    ),
    Rewrite(
        "outputs and what other ops read, but not what goes on as an expression",
        DENSE
        + """
        %a = pointwise(body=(exp($0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %b = pointwise(body=(mul($0, $1)), inputs=[%x, %x], dtype=!f32) : f32[1,2]
        %c = pointwise(body=(add($0, $1)), inputs=[%b, %a], dtype=!f32) : f32[1,2]
        %h = dense(x=%c, weight=%w, activation=(mul($0, $0))) : f32[1,3]
        output "h" = %h
        output "a" = %a
        """,
        DENSE
        + """
        %a = pointwise(body=(overflow_f32(exp($0))), inputs=[%x], dtype=!f32) : f32[1,2]
        %b = pointwise(body=(mul($0, $1)), inputs=[%x, %x], dtype=!f32) : f32[1,2]
        %c = pointwise(body=(overflow_f32(add($0, $1))), inputs=[%b, %a], dtype=!f32) : f32[1,2]
        %h = dense(x=%c, weight=%w, activation=(overflow_f32(mul($0, $0)))) : f32[1,3]
        output "h" = %h
        output "a" = %a
        """,
    ),
    Rewrite(
        "both sides of a division",
        X
        + """
        %a = pointwise(body=(exp($0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %y = pointwise(body=(max(div(mul($0, 3.0), $1), 0.0)), inputs=[%x, %a], dtype=!f32) : f32[1,2]
        output "y" = %y
        """,
        X
        + """
        %a = pointwise(body=(exp($0)), inputs=[%x], dtype=!f32) : f32[1,2]
        %y = pointwise(body=(overflow_f32(max(div(overflow_f32(mul($0, 3.0)), overflow_f32($1)), 0.0))), inputs=[%x, %a], dtype=!f32) : f32[1,2]
        output "y" = %y
        """,
    ),
    Rewrite(
        "what is rounded has overflowed already",
        X
        + """
        %y = pointwise(body=(to_f32(mul($0, $0))), inputs=[%x], dtype=!f32) : f32[1,2]
        output "y" = %y
        """,
    ),
]
