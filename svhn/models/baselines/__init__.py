"""The networks of the five documents that the project started from, for comparison."""
