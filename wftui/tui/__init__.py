"""The terminal frontend: a Textual app over the workbench.

`app` wires the parts together and is imported by the command line only. Everything below sees it as
`services.AppServices`.
"""
