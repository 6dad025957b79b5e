"""One visitor of the tab "Many photos" in a real browser."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from helpers.browser_visit import Visit
from helpers.fake_pipeline import encoded, photo_of
from playwright.sync_api import Locator, expect

File = tuple[str, bytes]
SHOWN = ":is(#many-status, #many-results)"


def photo(name: str, number: str = "42") -> File:
    return name, encoded(photo_of(number))


class BatchVisit:
    def __init__(self, visit: Visit) -> None:
        self.visit, self.page = visit, visit.page
        visit.open_tab("Many photos")
        self.status = self.page.locator("#many-status")
        self.pictures = self.page.locator("#many-results .tiles button")

    def ready(self) -> None:
        """Waits until files can be sent, and marks what is shown as old."""
        expect(self.page.locator("#many-files input[type=file]")).to_be_attached()
        self.page.locator(f"{SHOWN} :is(fieldset, section, table)").evaluate_all(
            "all => all.map(e => e.dataset.old = 1)"
        )

    def send(self, files: Sequence[File]) -> None:
        self.ready()
        content = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
        self.page.locator("#many-files input[type=file]").set_input_files(content)

    def done(self, words: str) -> None:
        """Waits for it, of a batch that was sent after `ready`."""
        expect(self.page.locator(f"{SHOWN} [data-old]")).to_have_count(0)
        expect(self.status).to_contain_text(words)
        expect(self.page.locator("#many-zip")).to_be_visible()

    def line(self, file: str) -> Locator:
        """The cells of the table's line about it."""
        head = self.page.get_by_role("rowheader", name=file, exact=True)
        return self.page.locator("#many-results tbody tr").filter(has=head).locator("th, td")

    def download(self, which: str) -> tuple[str, bytes]:
        with self.page.expect_download() as started:
            self.page.locator(f"#many-{which}").click()
        return started.value.suggested_filename, Path(started.value.path()).read_bytes()

    def table(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.download("csv")[1].decode("utf-8-sig"), newline="")))
