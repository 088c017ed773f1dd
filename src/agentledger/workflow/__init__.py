"""The commands that write: each changes a repository or a folder, and returns what it did.

Belongs here: one package for each step of the loop, and `session`, which they share. Does not: reading a command line
or printing (see `cli`), or deciding what is wrong (see `rules`).
"""
