"""Checks run, on the branch, on base, and again in a fresh worktree; and the evidence of that.

Belongs here: `verify`. Does not: running a command as such (`running`).
"""
