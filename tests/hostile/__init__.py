"""Files that are damaged on purpose, given to the command line in processes with limits.

`python -m tests.hostile` runs as many as are asked for; whatever is wrong with a file, the command says so in a
sentence, soon, and in little memory.
"""
