"""What is multiplied by trained weights is a dense layer, whichever op it was."""

from tests.rewrites import Rewrite

REWRITES = [
    Rewrite(
        "the right matrix is turned",
        """
        input %x : f32[2,1,2] = "x"
        const %w : f32[1,2,3] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        %y = matmul(a=%x, b=%w) : f32[2,1,3]
        output "y" = %y
        """,
        """
        input %x : f32[2,1,2] = "x"
        const %w : f32[1,2,3] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        const %w_2 : f32[3,2] = [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
        %y = dense(x=%x, weight=%w_2) : f32[2,1,3]
        output "y" = %y
        """,
    ),
    Rewrite(
        "a window over everything is one row of weights",
        """
        input %x : f32[1,2,2] = "x"
        const %w : f32[1,2,2] = [0.0, 1.0, 2.0, 3.0]
        %y = conv(x=%x, weight=%w, strides=[1], pads=[0, 0], dilations=[1]) : f32[1,1,1]
        output "y" = %y
        """,
        """
        input %x : f32[1,2,2] = "x"
        const %w : f32[1,2,2] = [0.0, 1.0, 2.0, 3.0]
        const %w_2 : f32[1,4] = [0.0, 1.0, 2.0, 3.0]
        %y_2 = reshape(x=%x, shape=[1, 4]) : f32[1,4]
        %y_3 = dense(x=%y_2, weight=%w_2) : f32[1,1]
        %y = reshape(x=%y_3, shape=[1, 1, 1]) : f32[1,1,1]
        output "y" = %y
        """,
    ),
    Rewrite(
        "matrices of a batch stay",
        """
        input %x : f32[2,1,2] = "x"
        const %w : f32[2,2,1] = [0.0, 1.0, 2.0, 3.0]
        %y = matmul(a=%x, b=%w) : f32[2,1,1]
        output "y" = %y
        """,
    ),
]
