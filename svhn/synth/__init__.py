"""Synthetic street numbers, made in batches on the device.

Digits from an atlas of open fonts (`glyphs`) are arranged like real numbers (`layout`) in the colours of real ones
(`palette`), and mounted (`mounting`) on walls, plates, plaques and bins (`plates`, `plaques`, `text`, `distractors`).
House fronts have doors (`doors`), windows (`glazing`), letter boxes, lamps and locks (`furniture`, placed by
`furnishing`) and other writing (`signs`, `lettering`). Pictures are lit and soiled (`lighting`), framed as people frame
them (`framing`) and taken by a poor camera (`camera`). `render.crops` and `scenes.scenes` are the entry points;
`config` holds every range, `cache` keeps the pictures.
"""
