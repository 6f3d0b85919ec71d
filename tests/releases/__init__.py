"""Data written by each release, which every later version opens, lists, resumes and reruns."""
