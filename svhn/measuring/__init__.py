"""How systems are measured: what with, which networks, which figures."""
