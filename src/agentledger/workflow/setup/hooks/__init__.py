"""The hooks that git starts: where they go, whose hook they keep, and how they are taken away.

Belongs here: files and settings of hooks. Does not: what they judge (`gates`).
"""
