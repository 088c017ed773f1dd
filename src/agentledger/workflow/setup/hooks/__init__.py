"""Installs the hooks that git starts: where they go, which hook of somebody else's they keep, how to remove them.

Belongs here: files and settings of hooks. Does not: what they check (see `gates`).
"""
