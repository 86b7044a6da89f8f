"""Compiled versions of what a month does row by row, for long columns where numba is installed (extra ``fast``).

Nothing here is imported before it is needed. Each kernel stands behind a function of the model that does the same with
NumPy; `creditregime.acceleration` says which of the two works, and tests hold them to each other.
"""
