"""Street numbers without end, made in batches on the device.

Digits from an atlas of open fonts (`glyphs`), set as real numbers stand (`layout`) in colours as real ones have
(`palette`), put up on walls, plates, plaques and bins (`mounting`, `plates`, `plaques`, `text`, `distractors`) of
fronts with doors (`doors`), windows (`glazing`), letter boxes, lamps and locks (`furniture`) and writing that is no
number (`signs`, `lettering`), which `furnishing` hangs up; lit and soiled (`lighting`), framed as people frame them
(`framing`) and seen through a poor camera (`camera`). `render.crops` and `scenes.scenes` are the entry points;
`config` holds every range, `cache` keeps what was made.
"""
