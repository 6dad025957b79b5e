"""What every part of the library uses: errors, files, paths, devices, progress."""
