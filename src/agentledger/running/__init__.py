"""Running a command that somebody else wrote, so that nothing of it outlives the run.

Belongs here: starting it, its time limit, its output, ending all that it started. Does not: which
commands those are, or what their outcome means (see `workflow.verify`).
"""
