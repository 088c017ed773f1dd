"""Path patterns as briefs use them: does one match a path, do two share a path, does one contain the other?

Belongs here: pure functions on patterns and paths, all of them exact. Does not: what follows when a path does
not match (see `rules`).
"""
