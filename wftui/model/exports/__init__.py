"""Runs in the formats of other programs: HTML, OpenTelemetry, CSV.

Pure functions. Imports `model.run` and below.
"""
