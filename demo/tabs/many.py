"""Up to 200 photos at once: a gallery, a table, CSV and ZIP to take away."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr

from svhn.errors import UserError
from svhn.photos import MAX_BYTES
from svhn.pipeline import Pipeline

from ..batch import MAX_PHOTOS, TOO_MANY, Row, check_count, read_batch
from ..parts import KEPT_S, html
from ..photos_input import LEFT_OUT, PhotosInput, Upload
from ..takeaway import Takeaway

AT_ONCE = 8  # batches; they take turns, so that one photo at a time is read for all of them together
TURN_S = 1.0  # how long one batch reads until the next has its turn, and its visitor sees more
SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

INTRO = f"""<p>Drop up to {MAX_PHOTOS} photos, or a folder of them. Each is read by itself; one that cannot be read does
no harm to the others. <button type="button" class="folder">Choose a folder</button></p>"""
KEPT = f"""<p class="kept">These files, like your photos, are deleted here after {KEPT_S // 60} minutes.</p>"""

HEADERS = ["File", "Number", "State", "Confidence, %", "Box: x1, y1, x2, y2", "ms", "What went wrong"]
KINDS = ["str", "str", "str", "number", "str", "number", "str"]
WIDTHS = [150, 85, 110, 130, 175, 70, 510]  # a phone shows the first three at once
STATES = {  # its sign and colour in the table, and how it is counted
    "sure": ("✓ sure", "--good", "sure"),
    "unsure": ("? unsure", "--doubt", "unsure: compare these with the photos"),
    "none": ("– none", "--body-text-color-subdued", "without a number"),
    "too long": ("… too long", "--body-text-color-subdued", "with more than five digits"),
    "error": ("✗ error", "--bad", "could not be read; the table says why"),
}


@dataclass
class Board:
    """What one visitor sees of a batch so far."""

    total: int
    unsure_below: float
    started: float = field(default_factory=time.perf_counter)
    rows: list[list[Any]] = field(default_factory=list)
    styles: list[list[str]] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)  # path, caption
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row, file: str, picture: Path | None) -> None:
        state = row.state(self.unsure_below)
        sign, colour, _ = STATES[state]
        self.counts[state] += 1
        self.rows.append(_cells(row, file, sign))
        self.styles.append(["", "", f"color: var({colour}); font-weight: 600", "", "", "", ""])
        if picture:
            self.pictures.append((str(picture), _caption(row, state, file)))

    def table(self) -> dict[str, Any]:
        return {"headers": HEADERS, "data": self.rows, "metadata": {"styling": self.styles}}

    def progress(self) -> str:
        done, seconds = len(self.rows), time.perf_counter() - self.started
        left = f" · about {_duration(seconds / done * (self.total - done))} left" if done else ""
        return (
            f"<p><b>{done} of {self.total}</b> read{left}</p>"
            f'<progress max="{self.total}" value="{done}" aria-label="Photos read"></progress>'
        )

    def summary(self) -> str:
        done, seconds = len(self.rows), time.perf_counter() - self.started
        files = "1 file" if self.total == 1 else f"{self.total} files"
        head = f"All done: {files}" if done == self.total else f"Stopped after {done} of {files}"
        counted = "".join(
            f'<li style="--state: var({colour})"><b>{self.counts[state]}</b> {words}</li>'
            for state, (_, colour, words) in STATES.items()
            if self.counts[state]
        )
        return f'<p role="status"><b>{head}</b>, in {_duration(seconds)}.</p><ul>{counted}</ul>'


def build(pipeline: Pipeline) -> None:
    """Lays the tab out."""
    with gr.Column(elem_id="many"):
        intro = html(
            INTRO, js_on_load=SCRIPT, most=MAX_PHOTOS, bytes=MAX_BYTES, left_out=LEFT_OUT.decode(), elem_id="many-intro"
        )
        files = PhotosInput(label="Your photos", file_count="multiple", height=160, elem_id="many-files")
        with gr.Row(elem_id="many-now"):
            status = html(visible=False, elem_id="many-status")
            stop = gr.Button("Stop", variant="stop", visible=False, scale=0, min_width=120, elem_id="many-stop")
        with gr.Column(visible=False, elem_id="many-downloads") as downloads:
            with gr.Row():
                photos_zip = gr.DownloadButton("Photos and table (ZIP)", variant="primary", elem_id="many-zip")
                table_csv = gr.DownloadButton("Table alone (CSV)", elem_id="many-csv")
            html(KEPT)
        gallery = gr.Gallery(
            label="What was read",
            interactive=False,
            visible=False,
            object_fit="contain",
            buttons=["download", "fullscreen"],
            elem_id="many-gallery",
        )
        table = gr.Dataframe(
            label="All files",
            headers=HEADERS,
            datatype=KINDS,
            interactive=False,
            visible=False,
            buttons=["fullscreen"],
            wrap=True,
            column_widths=WIDTHS,
            elem_id="many-table",
        )
        stopping = gr.State(None)  # of this visitor's batch: set by its button

    turn = threading.Lock()

    def on_upload(sent: list[Upload]) -> Iterator[dict]:
        try:
            check_count(len(sent))
            yield from read(sent)
        except UserError as error:
            yield {**ready, status: refusal(str(error))}
        except OSError as error:
            yield {**ready, status: refusal(f"The results cannot be written here ({error.strerror}); try again later.")}

    def read(sent: list[Upload]) -> Iterator[dict]:
        board, stopped = Board(len(sent), pipeline.unsure_below), threading.Event()
        folder = Path(files.GRADIO_CACHE) / secrets.token_hex(16)  # nobody can guess the address of what is in it
        hidden = gr.update(visible=False, value=None)
        yield {
            stopping: stopped,
            files: hidden,
            status: gr.update(visible=True, value=board.progress()),
            stop: gr.update(visible=True, value="Stop", interactive=True),
            downloads: gr.update(visible=False),
            gallery: hidden,
            table: hidden,
        }
        with Takeaway(folder, pipeline.unsure_below) as takeaway:
            rows = read_batch(pipeline, sent)
            while len(board.rows) < board.total and not stopped.is_set():
                with turn:
                    until = time.monotonic() + TURN_S
                    for row in rows:
                        board.add(row, *takeaway.add(row))
                        if stopped.is_set() or time.monotonic() >= until:
                            break
                yield {
                    status: board.progress(),
                    gallery: gr.update(visible=bool(board.pictures), value=board.pictures),
                    table: gr.update(visible=True, value=board.table()),
                }
        yield {
            **ready,
            status: gr.update(visible=True, value=board.summary()),
            downloads: gr.update(visible=True),
            photos_zip: gr.update(value=str(takeaway.zip_path)),
            table_csv: gr.update(value=str(takeaway.csv_path)),
        }

    # What stands there while nothing is read.
    ready = {
        files: gr.update(visible=True, value=None),
        stop: gr.update(visible=False),
    }
    files.upload(
        on_upload,
        files,
        [stopping, files, status, stop, downloads, photos_zip, table_csv, gallery, table],
        api_visibility="private",
        concurrency_id="many",
        concurrency_limit=AT_ONCE,
        show_progress="minimal",
        show_progress_on=status,
    )
    intro.select(lambda: refusal(TOO_MANY), None, status, api_visibility="private", queue=False, show_progress="hidden")
    stop.click(ask_to_stop, stopping, stop, api_visibility="private", queue=False, show_progress="hidden")


def ask_to_stop(stopping: threading.Event | None) -> dict:
    if stopping:
        stopping.set()
    return gr.update(value="Stopping …", interactive=False)


def refusal(sentence: str) -> dict:
    return gr.update(visible=True, value=f'<p class="refused" role="alert">{sentence}</p>')


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def _cells(row: Row, file: str, sign: str) -> list[Any]:
    """One line of the table."""
    reading = row.reading
    if reading is None:
        return [file, "", sign, None, "", None, row.error]
    box = ", ".join(f"{v:.0f}" for v in reading.box) if reading.box else ""
    percent = min(99.9, round(reading.confidence * 100, 1)) if reading.number else None
    return [file, reading.number or "", sign, percent, box, round(sum(reading.timings_ms.values())), ""]


def _caption(row: Row, state: str, file: str) -> str:
    """The number in large type, by its line; the file below."""
    number = row.reading.number if row.reading else None
    head = number or {"none": "no number", "too long": "> 5 digits"}[state]
    return f"{head}\nunsure · {file}" if state == "unsure" else f"{head}\n{file}"
