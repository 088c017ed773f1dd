"""A task handed out: branch, worktree, set-up, and an agent started in it.

Belongs here: `spawn`, and putting an interrupted one right. Does not: the text for the agent (`reports.prompt`).
"""
