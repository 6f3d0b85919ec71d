"""One widget per file. A widget takes model types and knows no workbench."""
