"""Steps of a run: scheduling, attempts, containers, iterations, step context.

Imports `engine.run.state` and below.
"""
