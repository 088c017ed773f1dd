"""What a branch changed, whether base has it already, and whether the two merge.

Belongs here: questions that git's graph, trees and merges answer. Does not: which of those paths are allowed
(`rules`), or how they are shown.
"""
