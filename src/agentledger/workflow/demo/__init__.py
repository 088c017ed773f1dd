"""A sample fleet with real git.

Belongs here: its story, as commits and documents. Does not: anything that a real repository needs.
"""
