"""JSON values of any size, formatted only as far as they are viewed."""
