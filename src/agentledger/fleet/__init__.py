"""The reader that puts everything together: one entrance for all that shows or judges a fleet.

Belongs here: the order in which things are read, and the facts that rules ask for. Does not: a rule (`rules`), or an
output (`reports`, `site`).
"""
