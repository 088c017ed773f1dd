"""What was found, as documents: values in, text out, nothing printed.

One module a form. Only `cli` decides where a report goes.
"""
