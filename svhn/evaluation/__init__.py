"""How well networks find and read numbers, and the weights that are published with these metrics."""
