"""The `onnx2luau` command."""


def main() -> None:
    """Run the command line."""
