"""What a branch changed, whether base has that already, and whether the two merge.

Belongs here: questions that git's graph, trees and merges answer. Does not: which paths a branch may change
(see `rules`), or how a change is shown (see `site`, `reports`).
"""
