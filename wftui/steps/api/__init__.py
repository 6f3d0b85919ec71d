"""The interface of step types, as plugins use it.

The lowest room of `steps`; plugins import it through `wftui.steps.plugin`.
"""
