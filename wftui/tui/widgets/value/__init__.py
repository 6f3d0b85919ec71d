"""JSON values of any size, laid out line by line as far as they are looked at."""
