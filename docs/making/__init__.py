"""Parts of the documentation that are made from the code; `docs/make.py` writes them into the pages."""
