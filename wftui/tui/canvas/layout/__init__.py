"""Layered graph layout: pure functions on integers and strings, independent of the rest of the package."""
