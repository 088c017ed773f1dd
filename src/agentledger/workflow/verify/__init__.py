"""Runs a task's checks, on the branch, on base, and again in a fresh worktree, and writes evidence of it.

Belongs here: what `agentledger verify` does. Does not: running a command as such (see `running`).
"""
