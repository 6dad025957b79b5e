"""The command line: `main` runs a command, `parser` has the options of all, `commands` what each does."""
