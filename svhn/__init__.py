"""House numbers in street photos: find them, read them, and say how sure the models are."""
