"""Street numbers without end, made in batches on the device.

Digits from an atlas of open fonts (`glyphs`), set as real numbers stand (`layout`) in colours as real ones have
(`palette`), put up on walls and plates (`walls`, `plates`, `ink`, `strays`), lit and soiled (`weather`), and seen
through a poor camera (`camera`). `street.crops` and `street.scenes` are the doors; `config` holds every range.
"""
