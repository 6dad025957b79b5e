"""The command line: `main` runs a command, `parser` has all options; `commands` and `document_systems` do the work."""
