"""The documents of a whole fleet: listed, parsed, and put to their branches and tasks; and base's policy.

Belongs here: finding a document and saying whose it is. Does not: its syntax (`documents`), or what it means for a
decision (`attention`, `rules`).
"""
