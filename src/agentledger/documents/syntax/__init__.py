"""YAML, TOML and JSON read with line numbers; the tables of keys; and the list of what is wrong.

Belongs here: from text to nodes with lines, and the declared keys. Does not: what follows from their values
(see the modules of `documents`).
"""
