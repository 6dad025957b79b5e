"""Synthetic street numbers, made in batches on the device.

Digits from an atlas of open fonts (`glyphs`), set like real numbers (`layout`) in the colours of real ones
(`palette`), mounted on walls, plates, plaques and bins (`mounting`, `plates`, `plaques`, `text`, `distractors`) of
fronts with doors (`doors`), windows (`glazing`), letter boxes, lamps and locks (`furniture`) and other
writing (`signs`, `lettering`), placed by `furnishing`; lit and soiled (`lighting`), framed as people frame them
(`framing`) and seen through a poor camera (`camera`). `render.crops` and `scenes.scenes` are the entry points;
`config` holds every range, `cache` keeps the pictures.
"""
