"""Layered graph layout: pure functions on integers and strings.

Imports nothing else of the package.
"""
