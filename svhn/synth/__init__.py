"""Synthetic street numbers, made in batches on the device.

Digits from an atlas of open fonts (`glyphs`) are arranged like real numbers (`layout`) in the colours of real ones
(`palette`), and mounted (`mounting`) in ink or metal (`digit_painting`) on walls, plates, plaques and bins
(`backing_plates`, `plaques`, `distractors`). House fronts (`house_fronts`) have windows (`glazing`), letter boxes,
lamps and locks (`furniture`, placed by `furnishing`) and other writing (`signs`, `text_lines`). Pictures are lit and
soiled (`lighting`), framed as people frame them (`framing`) and taken by a poor camera (`camera`). `crops.crops` and
`scenes.scenes` are the entry points; `config` holds every range, `cache` keeps the pictures.
"""
