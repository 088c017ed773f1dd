"""Hands out a task: makes its branch and worktree, runs the set-up, and starts an agent in it.

Belongs here: what `agentledger spawn` does, and recovering an interrupted one. Does not: the text for the agent
(see `reports.prompt`).
"""
