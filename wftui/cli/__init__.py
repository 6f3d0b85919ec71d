"""The command-line frontend over the workbench.

`commands` holds one module per command group; the modules beside it are shared by them. Only `commands.screen` and
`commands.keys` import Textual.
"""
