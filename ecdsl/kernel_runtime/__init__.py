"""What generated kernels have in common: compiled once in a process, and linked into each of them.

numba keeps the machine code of a kernel with that of all it calls, and does not notice where these
change. So each kernel says in its text which text of this package it was generated for
(`ecdsl.backends.source.runtime_version`), and nothing is kept of this package by itself.
"""
