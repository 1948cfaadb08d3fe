"""Random graphs of small tensors, on values that find faults, as ONNX Runtime and as Luau.

tests/test_random_graphs.py draws some, `python -m tests.random_graphs` as many as are asked for.
"""
