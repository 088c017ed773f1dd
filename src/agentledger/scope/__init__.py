"""Path patterns as briefs use them: matched, intersected and contained, exactly.

Belongs here: pure functions on patterns and paths. Does not: whose pattern it is, or what follows when one does not
match (`rules`).
"""
