"""What a reviewer does: looks at a branch, and says what is to happen; also a second agent that is run for that.

Belongs here: the command `agentledger review`. Does not: what the reviewing agent is told (`reports.prompt.review`),
or whether a review still counts (see `changes.freshness` and `rules.review`).
"""
