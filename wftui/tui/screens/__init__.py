"""One screen per file. Screens ask the workbench and show what it says; they decide nothing themselves."""
