"""Shared by the benchmarks of a served page: the app in its own process, and visitors who call it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import httpx
import numpy as np

from demo import ui
from svhn.images.decode import open_photo

ROOT = Path(__file__).parents[2]
PATIENCE_S = 300


@dataclass(frozen=True)
class Served:
    """A running app: its address, its process, and the event that the page fires for a new photo."""

    address: str
    pid: int
    event: int
    others: list  # its inputs other than the photo, as on a fresh page

    def rss_mb(self) -> float:
        """Memory that the process holds, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def cpu_s(self) -> float:
        """Seconds of processor time that the process has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(*flags: str) -> Iterator[Served]:
    """The app with the repository's weights, on a free port, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), *flags]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True)
    try:
        if not any("The page is at" in line for line in process.stdout):
            raise SystemExit("The app did not start.")
        address = f"http://127.0.0.1:{port}/"
        config = httpx.get(f"{address}config", timeout=PATIENCE_S).json()
        parts = {part["id"]: part["props"] for part in config["components"]}
        photo, verdict = (next(i for i in parts if parts[i].get("elem_id") == name) for name in ("photo", "verdict"))
        event = next(
            each
            for each in config["dependencies"]
            if each["backend_fn"] and [photo, "change"] in each["targets"] and verdict in each["outputs"]
        )
        others = [parts[i].get("value") or "" for i in event["inputs"][1:]]
        yield Served(address, process.pid, event["id"], others)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def small_photo(width: int, height: int) -> bytes:
    """The example with the clear plate at that size, as PNG; most photos of SVHN have about 104×47 pixels."""
    plate = open_photo(ui.EXAMPLES / "plate-42.jpg")[120:430, 150:650]
    done, data = cv2.imencode(".png", cv2.resize(plate, (width, height), interpolation=cv2.INTER_AREA)[..., ::-1])
    assert done
    return data.tobytes()


def visit(client: httpx.Client, page: Served, session: str, name: str, photo: bytes) -> tuple[str, np.ndarray]:
    """Do what a visitor's browser does with a new photo; return the number it shows, and the photo, RGB (h, w, 3).
    Raises httpx.HTTPError if the page refuses or the connection is lost."""
    (path,) = client.post("gradio_api/upload", files={"files": (name, photo)}).raise_for_status().json()
    file = {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
    join = {"data": [file, *page.others], "session_hash": session, "fn_index": page.event}
    client.post("gradio_api/queue/join", json=join).raise_for_status()
    events = client.get("gradio_api/queue/data", params={"session_hash": session}).text
    done = next(line for line in events.splitlines() if "process_completed" in line)
    shown = str(json.loads(done[6:])["output"]["data"])
    picture = re.search(r"'picture': {[^{}]*'url': '([^']+)'", shown)[1]
    return re.search(r'data-number="(\d*)"', shown)[1], open_photo(client.get(picture).raise_for_status().content)


def call(client: httpx.Client, photo: str) -> dict:
    """Do what a program does: `/read` of a data: address; return the reading."""
    event = client.post("gradio_api/call/read", json={"data": [photo]}).raise_for_status().json()["event_id"]
    text = client.get(f"gradio_api/call/read/{event}").text
    return json.loads(text.strip().split("data: ")[-1])[0]


def visitor(page: Served) -> httpx.Client:
    return httpx.Client(base_url=page.address, timeout=PATIENCE_S)


def percentile(values: list[float], share: float) -> float:
    return float(np.percentile(values, share * 100))
