"""Data written by each release, which every later version opens and resumes."""
