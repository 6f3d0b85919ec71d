"""The steps of a run: scheduling, attempts, containers, iterations, and the context a step gets.

Imports `engine.run.state` and below.
"""
