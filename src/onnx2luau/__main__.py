"""`python -m onnx2luau` is the same as the `onnx2luau` command."""

from onnx2luau.cli import main

if __name__ == "__main__":
    main()
