"""What waits for whom, since when, and the one next action.

Belongs here: pure functions from a branch with its task to a section, a turn and an action. Does not: reading
anything, or the layout of one output (see `reports`, `site`).
"""
