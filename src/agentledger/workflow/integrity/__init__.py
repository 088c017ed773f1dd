"""Crosses a branch's tests with base's code, and base's tests with the branch's code, and says what that shows.

Belongs here: what `agentledger verify --integrity` does. Does not: running one check (see `workflow.verify`), or
counting lines of tests without running any (see `changes.static_facts`).
"""
