"""Street numbers without end, made in batches on the device.

Digits from an atlas of open fonts (`glyphs`), set as real numbers stand (`layout`) in colours as real ones have
(`palette`), put up on walls and plates (`backgrounds`, `textures`, `plates`, `text`, `distractors`), lit and soiled
(`lighting`), and seen through a poor camera (`camera`). `render.crops` and `render.scenes` are the entry points;
`config` holds every range, `cache` keeps what was made.
"""
