"""Read a whole fleet: the one entrance for everything that shows or judges branches.

Belongs here: the order in which things are read, and the facts that rules ask for. Does not: a rule (see
`rules`), or an output (see `reports`, `site`).
"""
