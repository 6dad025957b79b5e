"""The systems of the five documents that the project started from, measured like its own; only `cli` imports it."""
