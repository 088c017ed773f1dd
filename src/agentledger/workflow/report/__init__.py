"""An agent's check-in: written, committed beside other work, and collected where the agent could not commit.

Belongs here: `report` and `collect`. Does not: what a check-in means (`attention`).
"""
