"""Values to text, JSON, SARIF and prompts: values in, text out, nothing is printed.

Belongs here: one module for each form. Does not: deciding anything, or where a text goes (see `cli`).
"""
