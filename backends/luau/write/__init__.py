"""Kernels as the files of a build."""
