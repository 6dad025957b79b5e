"""Street numbers without end, made in batches on the device: digits from an atlas of open fonts, laid out as
real numbers stand, painted onto walls and plates, lit, soiled and seen through a poor camera.
"""
