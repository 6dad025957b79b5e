"""The page in the browser. Uses svhn; only app.py imports it."""
