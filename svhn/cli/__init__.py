"""The command line: `parser` has the options of every command, `commands` what each does."""
