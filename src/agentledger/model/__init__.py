"""The values that pass from stage to stage, the errors raised on purpose, and functions on paths and text.

Belongs here: what is immutable, small and printable, with no input or output. Does not: reading it from git
(see `git`, `repository`, `ledger`), judging it (see `rules`), or showing it (see `reports`, `site`).
"""
