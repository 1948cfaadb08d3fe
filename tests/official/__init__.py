"""ONNX's own backend tests: which of them compile, and whether those give the suite's answers.

`python -m tests.official` runs all of them, tests/test_official.py a few.
"""
