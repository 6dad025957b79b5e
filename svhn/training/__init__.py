"""One loop for all networks, and what each of them needs: its recipe, its batches, its loss."""
