"""The documents of a whole fleet: listed, parsed, and matched with branches and tasks; and base's policy.

Belongs here: finding a document, and deciding whose it is. Does not: its syntax (see `documents`), or what it
means for a decision (see `attention`, `rules`).
"""
