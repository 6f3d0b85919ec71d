"""The run history: filters, pages and rows."""
