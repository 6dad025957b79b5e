"""The webcam: each frame is read as soon as the previous one has been answered.

Gradio's own image stream occupies a place in the queue all the time, restarts after its time limit, leaves the camera
on, and writes a file for every frame. Instead, `live.js` requests one frame after the other: nothing piles up or is
written, and only a few numbers are drawn over the video.
"""

from __future__ import annotations

import base64
from typing import Any

import anyio
import anyio.to_thread

from svhn import boxes
from svhn.images.decode import PhotoError, open_photo
from svhn.pipeline import Pipeline
from svhn.reading import Reading

from ..config import script
from ..render import text
from ..render.certainty import state_of
from ..theme import html

LIMIT_S = 60  # after that the camera stops by itself
FRAMES_AT_ONCE = 1  # frames being read for all visitors together, in addition to photos
FRAMES_WAITING = 8  # frames that may wait; more are refused as busy
LEAST_SHARE = (
    0.5  # share of the confidence that needs no check; below it, guesses change with every frame and are not shown
)
MAX_FRAME = 2**20  # characters; a frame has about 60,000

SCRIPT = script("live.js")
STAGE = """<section class="live" aria-label="Live camera">
<div class="stage" data-part="stage">
<video data-part="video" playsinline muted aria-label="What the camera sees"></video>
<canvas data-part="still" role="img" aria-label="The last picture of the camera that was read"></canvas>
<div data-part="boxes" aria-hidden="true"></div>
<p class="invitation"><svg viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.5" aria-hidden="true">
<rect x="4" y="13" width="29" height="22" rx="4"/><path d="m33 21 11-6v18l-11-6"/></svg>The camera is off.</p>
</div>
<div class="side">
<div data-part="verdict" aria-hidden="true"></div>
<p data-part="spoken" class="spoken" role="status"></p>
<p data-part="votes" class="votes"></p>
<p class="buttons"><button type="button" data-part="button">Start the camera</button>
<button type="button" data-part="keep" class="keep" hidden>Keep this frame</button></p>
<div><p data-part="note" class="note" role="status">{invitation}</p><p data-part="pace" class="pace"></p></div>
<p class="fine">Frames are processed on this server and not stored.</p>
</div></section>"""
INVITATION = (
    "Hold the camera so that the number fills about a tenth of the picture. "
    "The camera turns off after {limit} seconds; start it again to continue."
)


def build(pipeline: Pipeline) -> None:
    """Lay out the tab."""
    room = anyio.CapacityLimiter(FRAMES_AT_ONCE)

    async def read_frame(picture: str) -> dict[str, Any]:
        if room.statistics().tasks_waiting >= FRAMES_WAITING:
            return {"busy": True}
        return await anyio.to_thread.run_sync(look, pipeline, picture, limiter=room)

    stage = STAGE.format(invitation=INVITATION.format(limit=LIMIT_S))
    html(stage, elem_id="live", js_on_load=SCRIPT, server_functions=[read_frame], limit_s=LIMIT_S)


def look(pipeline: Pipeline, picture: str) -> dict[str, Any]:
    """Base64 of a frame's JPEG -> what `live.js` shows: the boxes in shares of the frame with their labels, the
    verdict, its spoken form, and whether it is confident; only "error", a sentence, if it is not a picture."""
    try:
        photo = open_photo(_decoded(picture))
    except PhotoError as error:
        return {"error": str(error)}
    limit = pipeline.unsure_below
    readings = [r for r in pipeline.read_all(photo) if r.number is None or r.confidence >= LEAST_SHARE * limit]
    readings = readings or [Reading.nothing({})]
    first = readings[0]
    return {
        "number": first.number,
        "boxes": [_box(reading, photo.shape[1], photo.shape[0]) for reading in readings if reading.box],
        "verdict": text.verdict(first, pipeline.unsure_below, None),
        "spoken": text.announcement(first, pipeline.unsure_below),
        "sure": state_of(first, pipeline.unsure_below) == "confident",
    }


def _decoded(picture: Any) -> bytes:
    try:
        if isinstance(picture, str) and len(picture) <= MAX_FRAME:
            return base64.b64decode(picture, validate=True)
    except ValueError:
        pass
    raise PhotoError("This is not a camera frame; please start the camera again.")


def _box(reading: Reading, width: int, height: int) -> dict[str, Any]:
    x1, y1, x2, y2 = (float(v) for v in boxes.clip(reading.box, width, height))
    place = [x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height]
    return {"place": [round(v, 4) for v in place], "label": reading.number or "…"}
