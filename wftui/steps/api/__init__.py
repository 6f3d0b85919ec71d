"""What a step type is and what it is given when it runs: all that a plugin uses, and nothing else.

The lowest room of `steps`; plugins import it through `wftui.steps.plugin`.
"""
