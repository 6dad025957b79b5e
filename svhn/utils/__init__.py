"""What every part of the library uses: errors, files, default paths, devices, progress, worker processes."""
