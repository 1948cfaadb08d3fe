"""Lune, which runs what was compiled: builds and measures it, and keeps its tools."""
