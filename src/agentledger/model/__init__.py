"""Values that travel between stages, the errors raised on purpose, and words about names and paths.

Belongs here: what is immutable, small and printable, with no input or output. Does not: reading it from git
(`git`, `repository`, `ledger`), judging it (`rules`), or showing it (`reports`, `site`).
"""
