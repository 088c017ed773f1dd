"""An agent's check-in: written, committed beside other work, and collected where the agent could not commit.

Belongs here: what `agentledger report` and `agentledger collect` do. Does not: what a check-in means (see
`attention`).
"""
