"""Commands that look back: history, show, compare, grep, stats, export and import.

Imported by the dispatcher only.
"""
