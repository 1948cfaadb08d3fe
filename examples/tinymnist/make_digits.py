"""Makes digits.npz: the 10,000 test digits on their own, small enough to lie in a repository.

Run it as `python make_digits.py --data mnist.npz --output digits.npz`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import command_line
import data
import numpy as np
import typer
from command_line import Data
from files import replacing


def make_digits(
    data_file: Data = None,
    output: Annotated[Path, typer.Option(metavar="FILE.npz", help="The file to write.")] = Path("digits.npz"),
) -> None:
    """Write the test digits: x, uint8 [10000, 28, 28] in 0..255, and y, uint8 [10000] in 0..9."""
    output = command_line.writable(output, ".npz")
    digits = data.load(data_file)
    with replacing(output) as written:
        np.savez_compressed(written, x=digits.x_test, y=digits.y_test)
    print(f"Wrote {len(digits.x_test):,} digits to {output}")


if __name__ == "__main__":
    command_line.run(make_digits)
