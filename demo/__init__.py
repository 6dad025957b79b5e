"""Everything a browser sees. Imports svhn, is imported by app.py only."""
