"""Measure the systems of the five documents that the project started from; only `cli` imports this package."""
