"""The command line: `main` runs a command, `parser` has all options; `commands` and `systems` do the work."""
