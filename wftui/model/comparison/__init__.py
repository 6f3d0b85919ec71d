"""Comparison of two runs: values, steps, and the first difference as a sentence.

Pure functions. Imports `model.run` and below.
"""
