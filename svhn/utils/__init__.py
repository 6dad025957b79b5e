"""Small things that everything uses: errors, files, devices, progress."""
