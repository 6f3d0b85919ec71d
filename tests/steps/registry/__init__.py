"""Tests of the registry, plugins and trusted files."""
