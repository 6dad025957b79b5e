"""One file per tab of the page; each has a `build` that lays it out and wires its events."""
