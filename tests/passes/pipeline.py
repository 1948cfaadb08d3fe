"""All passes together."""

from tests.rewrites import DENSE, Rewrite

REWRITES = [
    Rewrite(
        "normalisation and activation after a layer leave one op",
        DENSE
        + """
        const %s : f32[3] = [2.0, 2.0, 2.0]
        const %t : f32[1] = [0.5]
        %h = dense(x=%x, weight=%w) : f32[1,3]
        %i = pointwise(body=(mul($0, $1)), inputs=[%h, %s], dtype=!f32) : f32[1,3]
        %j = pointwise(body=(add($0, $1)), inputs=[%i, %t], dtype=!f32) : f32[1,3]
        %k = reshape(x=%j, shape=[1, 3]) : f32[1,3]
        %y = pointwise(body=(max($0, 0.0)), inputs=[%k], dtype=!f32) : f32[1,3]
        output "y" = %y
        """,
        """
        input %x : f32[1,2] = "x"
        const %w_scaled : f32[3,2] = [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
        const %w_scaled_bias : f32[3] = [0.5, 0.5, 0.5]
        %y = dense(x=%x, weight=%w_scaled, bias=%w_scaled_bias, activation=(max($0, 0.0))) : f32[1,3]
        output "y" = %y
        """,
    ),
    Rewrite(
        "a residual connection keeps both sides",
        """
        input %x : f32[1,2] = "x"
        const %w : f32[2,2] = [1.0, 2.0, 3.0, 4.0]
        %h = dense(x=%x, weight=%w) : f32[1,2]
        %s = pointwise(body=(add($0, $1)), inputs=[%h, %x], dtype=!f32) : f32[1,2]
        %y = pointwise(body=(max($0, 0.0)), inputs=[%s], dtype=!f32) : f32[1,2]
        output "y" = %y
        """,
        """
        input %x : f32[1,2] = "x"
        const %w : f32[2,2] = [1.0, 2.0, 3.0, 4.0]
        %h = dense(x=%x, weight=%w) : f32[1,2]
        %y = pointwise(body=(overflow_f32(max(add($0, $1), 0.0))), inputs=[%h, %x], dtype=!f32) : f32[1,2]
        output "y" = %y
        """,
    ),
    Rewrite(
        "weights that two layers share are scaled for one of them only",
        """
        input %x : f32[1,2] = "x"
        const %w : f32[2,2] = [1.0, 2.0, 3.0, 4.0]
        %h = dense(x=%x, weight=%w) : f32[1,2]
        %s = pointwise(body=(mul($0, 2.0)), inputs=[%h], dtype=!f32) : f32[1,2]
        %y = dense(x=%s, weight=%w) : f32[1,2]
        output "y" = %y
        """,
        """
        input %x : f32[1,2] = "x"
        const %w : f32[2,2] = [1.0, 2.0, 3.0, 4.0]
        const %w_bias : f32[2] = [0.0, 0.0]
        const %w_scaled : f32[2,2] = [2.0, 4.0, 6.0, 8.0]
        %s = dense(x=%x, weight=%w_scaled, bias=%w_bias) : f32[1,2]
        %y = dense(x=%s, weight=%w) : f32[1,2]
        output "y" = %y
        """,
    ),
]
