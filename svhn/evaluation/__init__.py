"""Evaluate and calibrate networks, plot the results, and publish weights."""
