"""Scales and shifts become part of weights, where the numbers stay the same."""

from tests.rewrites import DENSE, Rewrite

REWRITES = [
    Rewrite(
        "a scale and a shift become part of the weights",
        DENSE
        + """
        const %b : f32[3] = [1.0, 1.0, 1.0]
        const %s : f32[3] = [1.0, 10.0, 100.0]
        %h = dense(x=%x, weight=%w, bias=%b) : f32[1,3] @ "fc"
        %i = pointwise(body=(mul($0, $1)), inputs=[%h, %s], dtype=!f32) : f32[1,3] @ "scale"
        %y = pointwise(body=(sub($0, 5.0)), inputs=[%i], dtype=!f32) : f32[1,3] @ "shift" as "t"
        output "y" = %y
        """,
        DENSE
        + """
        const %b : f32[3] = [1.0, 1.0, 1.0]
        const %s : f32[3] = [1.0, 10.0, 100.0]
        const %w_bias : f32[3] = [1.0, 10.0, 100.0]
        const %w_scaled : f32[3,2] = [1.0, 2.0, 30.0, 40.0, 500.0, 600.0]
        const %w_scaled_bias : f32[3] = [-4.0, 5.0, 95.0]
        %y = dense(x=%x, weight=%w_scaled, bias=%w_scaled_bias) : f32[1,3] @ "fc" as "t"
        output "y" = %y
        """,
    ),
    Rewrite(
        "a convolution is scaled along its channels",
        """
        input %x : f32[1,1,3] = "x"
        const %w : f32[2,1,2] = [1.0, 2.0, 3.0, 4.0]
        const %s : f32[2,1] = [2.0, 10.0]
        %h = conv(x=%x, weight=%w, strides=[1], pads=[0, 0], dilations=[1]) : f32[1,2,2]
        %y = pointwise(body=(mul($0, $1)), inputs=[%h, %s], dtype=!f32) : f32[1,2,2]
        output "y" = %y
        """,
        """
        input %x : f32[1,1,3] = "x"
        const %w : f32[2,1,2] = [1.0, 2.0, 3.0, 4.0]
        const %s : f32[2,1] = [2.0, 10.0]
        const %w_bias : f32[2] = [0.0, 0.0]
        const %w_scaled : f32[2,1,2] = [2.0, 4.0, 30.0, 40.0]
        %y = conv(x=%x, weight=%w_scaled, bias=%w_bias, strides=[1], pads=[0, 0], dilations=[1]) : f32[1,2,2]
        output "y" = %y
        """,
    ),
    Rewrite(
        "a constant along another axis is none of the outputs' own",
        """
        input %x : f32[1,1,3] = "x"
        const %w : f32[2,1,2] = [1.0, 2.0, 3.0, 4.0]
        const %s : f32[2] = [2.0, 10.0]
        %h = conv(x=%x, weight=%w, strides=[1], pads=[0, 0], dilations=[1]) : f32[1,2,2]
        %y = pointwise(body=(mul($0, $1)), inputs=[%h, %s], dtype=!f32) : f32[1,2,2]
        output "y" = %y
        """,
    ),
    Rewrite(
        "a scale of 1 / 0 stays",
        DENSE
        + """
        const %s : f32[3] = [1.0, 0.0, 2.0]
        %h = dense(x=%x, weight=%w) : f32[1,3]
        %y = pointwise(body=(div($0, $1)), inputs=[%h, %s], dtype=!f32) : f32[1,3]
        output "y" = %y
        """,
    ),
    Rewrite(
        "a scale that the weights could not hold stays",
        DENSE
        + """
        %h = dense(x=%x, weight=%w) : f32[1,3]
        %y = pointwise(body=(mul($0, 1e+38)), inputs=[%h], dtype=!f32) : f32[1,3]
        output "y" = %y
        """,
    ),
    Rewrite(
        "a layer that is read twice, or is an output, stays",
        DENSE
        + """
        %h = dense(x=%x, weight=%w) : f32[1,3]
        %y = pointwise(body=(mul($0, 2.0)), inputs=[%h], dtype=!f32) : f32[1,3]
        %z = pointwise(body=(add($0, 2.0)), inputs=[%h], dtype=!f32) : f32[1,3]
        %i = dense(x=%x, weight=%w) : f32[1,3]
        %j = pointwise(body=(add($0, 2.0)), inputs=[%i], dtype=!f32) : f32[1,3]
        output "y" = %y
        output "z" = %z
        output "i" = %i
        output "j" = %j
        """,
    ),
    Rewrite(
        "what comes after an activation stays, and so does a number over the layer",
        DENSE
        + """
        %h = dense(x=%x, weight=%w, activation=(max($0, 0.0))) : f32[1,3]
        %y = pointwise(body=(mul($0, 2.0)), inputs=[%h], dtype=!f32) : f32[1,3]
        %i = dense(x=%x, weight=%w) : f32[1,3]
        %z = pointwise(body=(div(2.0, $0)), inputs=[%i], dtype=!f32) : f32[1,3]
        output "y" = %y
        output "z" = %z
        """,
    ),
]
