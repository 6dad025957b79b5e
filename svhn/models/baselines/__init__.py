"""The networks of the five documents that the project started from, to compare with."""
