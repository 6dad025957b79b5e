"""From the official SVHN archives to the HDF5 files that training and evaluation read."""
