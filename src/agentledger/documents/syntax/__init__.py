"""Notations: YAML, TOML and JSON with line numbers, tables of keys, and the list of what is wrong.

Belongs here: from text to nodes with places. Does not: which keys a document has (`documents`).
"""
