"""Up to 200 photos at once: tiles that open in the first tab, a table, CSV and ZIP."""

from __future__ import annotations

import os
import secrets
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import gradio as gr

from svhn.batch.local import read_photos
from svhn.images.decode import MAX_BYTES
from svhn.pipeline import Pipeline
from svhn.utils.errors import UserError

from ..batch_export import MAX_PHOTOS, TOO_MANY, BatchExport, check_count
from ..components.examples import SELECT_ON_CLICK
from ..components.inputs import TOO_LARGE_MARK, PhotoInput, PhotosInput, StoredPhoto
from ..config import RETENTION, RETENTION_S, script
from ..render import text
from ..render.batch import BatchView, refusal
from ..theme import html

BATCHES_AT_ONCE = 8  # they take turns, so that one photo at a time is read for all of them together
TURN_S = 1.0  # how long one batch reads until the next has its turn, and its visitor sees more
SCRIPT = script("batch.js")

OPEN_FIRST_TAB = "() => { document.querySelector('#tabs [role=tab]').click(); scrollTo(0, 0); return []; }"
NO_PHOTOS = "There is no photo among these; please choose others."
NOT_READING = "Nothing is being read any more: the connection was lost. Please send the photos again."
FAILED = "The reader itself failed on these photos; please send fewer of them, or each alone."
INTRO = f"""<p>Up to {MAX_PHOTOS} photos at once<span class="folder">, or a folder of them</span>: you get a table of
their numbers as a CSV, and a ZIP with their boxes drawn. A bad file won't stop the rest.
<button type="button" class="folder">Choose a folder</button></p>"""
RETENTION_NOTE = f"""<p class="kept">The ZIP holds the CSV and the photos with their boxes. All files are deleted after
{RETENTION}.</p>"""


def build(pipeline: Pipeline, photo: PhotoInput) -> None:
    """Lay out the tab; `photo` is the first tab's."""
    with gr.Column(elem_id="many"):
        intro = html(
            INTRO,
            js_on_load=SCRIPT,
            most=MAX_PHOTOS,
            bytes=MAX_BYTES,
            too_large_mark=TOO_LARGE_MARK.decode(),
            elem_id="many-intro",
        )
        files = PhotosInput(label="Your photos", file_count="multiple", height=160, elem_id="many-files")
        with gr.Row(elem_id="many-now"):
            status = html(visible=False, elem_id="many-status")
            stop = gr.Button("Stop", variant="stop", visible=False, scale=0, min_width=120, elem_id="many-stop")
        with gr.Column(visible=False, elem_id="many-downloads") as downloads:
            with gr.Row():
                photos_zip = gr.DownloadButton("Download ZIP", variant="primary", elem_id="many-zip")
                table_csv = gr.DownloadButton("Download CSV", elem_id="many-csv")
            html(RETENTION_NOTE)
        results = html("", elem_id="many-results", js_on_load=SELECT_ON_CLICK)  # hidden, it would lose quick updates
        paths = gr.State((), time_to_live=RETENTION_S)  # of the photos of this visitor's batch, in their order
        stopping = gr.State(None)  # of this visitor's batch: set by its button, and when it has ended

    turn = threading.Lock()

    def on_upload(sent: list[StoredPhoto]) -> Iterator[dict]:
        try:
            check_count(len(sent))
            yield from read(sent)
        except UserError as error:
            yield {**idle, status: show_refusal(str(error))}
        except OSError as error:
            yield {
                **idle,
                status: show_refusal(f"The results cannot be written here ({error.strerror}); try again later."),
            }
        except Exception:  # a mistake of ours, for the log; the visitor can go on
            traceback.print_exc()
            yield {**idle, status: show_refusal(FAILED)}

    def read(sent: list[StoredPhoto]) -> Iterator[dict]:
        view, stopped = BatchView(len(sent), pipeline.unsure_below), threading.Event()
        try:
            yield from read_until(stopped, view, sent)
        finally:
            stopped.set()  # also when the visitor's connection was lost

    def read_until(stopped: threading.Event, view: BatchView, sent: list[StoredPhoto]) -> Iterator[dict]:
        folder = Path(files.GRADIO_CACHE) / secrets.token_hex(16)  # the addresses of its files cannot be guessed
        yield {
            stopping: stopped,
            files: gr.update(visible=False, value=None),
            status: gr.update(visible=True, value=view.progress()),
            stop: gr.update(visible=True, value="Stop", interactive=True),
            downloads: gr.update(visible=False),
            results: "",
            paths: tuple(file.path for file in sent),
        }
        with BatchExport(folder, pipeline.unsure_below) as export:
            rows = read_photos(pipeline, sent, drawn=True)
            while len(view.lines) < view.total and not stopped.is_set():
                _renew([*(file.path for file in sent[len(view.lines) :]), *folder.iterdir()])
                with turn:
                    until = time.monotonic() + TURN_S
                    for row in rows:
                        view.add(row, *export.add(row))
                        if stopped.is_set() or time.monotonic() >= until:
                            break
                yield {status: view.progress(), results: view.results()}
        yield {
            **idle,
            status: gr.update(visible=True, value=view.summary()),
            downloads: gr.update(visible=True),
            photos_zip: gr.update(value=str(export.zip_path)),
            table_csv: gr.update(value=str(export.csv_path)),
        }

    # What is shown while nothing is read.
    idle = {
        files: gr.update(visible=True, value=None),
        stop: gr.update(visible=False),
    }
    files.upload(
        on_upload,
        files,
        [stopping, paths, files, status, stop, downloads, photos_zip, table_csv, results],
        api_visibility="private",
        concurrency_id="many",
        concurrency_limit=BATCHES_AT_ONCE,
        show_progress="minimal",
        show_progress_on=status,
    )

    def not_sent(event: gr.EventData) -> dict:
        return show_refusal(TOO_MANY if event.count else NO_PHOTOS)

    def ask_to_stop(stopping: threading.Event | None) -> dict:
        if stopping is None or stopping.is_set():
            return {**idle, status: show_refusal(NOT_READING)}
        stopping.set()
        return {stop: gr.update(value="Stopping …", interactive=False)}

    def choose(event: gr.EventData, paths: tuple[Path, ...]) -> str:
        if event.index not in range(len(paths)) or not paths[event.index].is_file():
            raise gr.Error(text.EXPIRED, title="Expired", print_exception=False)
        return str(paths[event.index])

    quiet = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    results.select(choose, paths, photo, **quiet).success(None, None, None, js=OPEN_FIRST_TAB)
    intro.select(not_sent, None, status, **quiet)
    stop.click(ask_to_stop, stopping, [files, status, stop], **quiet)


def show_refusal(sentence: str) -> dict:
    return gr.update(visible=True, value=refusal(sentence))


def _renew(files: Iterable[Path]) -> None:
    """Mark files as new: on a busy machine, a batch may take longer than files are kept."""
    for file in files:
        with suppress(OSError):
            os.utime(file)
