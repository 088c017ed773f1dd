"""Run a command that somebody else wrote, so that nothing of it is left after the run.

Belongs here: starting it, its time limit, its output, ending all that it started. Does not: which
commands those are, or what their results mean (see `workflow.verify`).
"""
