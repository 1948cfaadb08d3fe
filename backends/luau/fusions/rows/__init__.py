"""Nodes that combine and map the elements of rows: found in a graph, laid out, and written as one kernel."""
