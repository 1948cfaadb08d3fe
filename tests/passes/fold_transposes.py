"""The weights of a dense layer take over the transpose of what it flattens."""

from tests.rewrites import Rewrite

REWRITES = [
    Rewrite(
        "the columns of the weights change places",
        """
        input %x : f32[1,2,3] = "x"
        const %w : f32[1,6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        %a = transpose(x=%x, permutation=[0, 2, 1]) : f32[1,3,2]
        %b = reshape(x=%a, shape=[1, 6]) : f32[1,6]
        %y = dense(x=%b, weight=%w) : f32[1,1]
        output "y" = %y
        """,
        """
        input %x : f32[1,2,3] = "x"
        const %w_turned : f32[1,6] = [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]
        %b_2 = reshape(x=%x, shape=[1, 6]) : f32[1,6]
        %y = dense(x=%b_2, weight=%w_turned) : f32[1,1]
        output "y" = %y
        """,
    ),
    Rewrite(
        "rows that are taken apart stay",
        """
        input %x : f32[2,3] = "x"
        const %w : f32[1,2] = [0.0, 1.0]
        const %v : f32[1,3] = [0.0, 1.0, 2.0]
        %a = transpose(x=%x, permutation=[1, 0]) : f32[3,2]
        %b = reshape(x=%a, shape=[3, 1, 2]) : f32[3,1,2]
        %y = dense(x=%b, weight=%w) : f32[3,1,1]
        %c = reshape(x=%a, shape=[2, 3]) : f32[2,3]
        %z = dense(x=%c, weight=%v) : f32[2,1]
        output "y" = %y
        output "z" = %z
        """,
    ),
]
