"""What a program does: endpoints called over plain HTTP."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx

PATIENCE_S = 120


def data_url(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def upload(address: str, *files: tuple[str, bytes]) -> list[str]:
    """Names and contents -> the paths that the server gave them."""
    sent = httpx.post(f"{address}gradio_api/upload", files=[("files", file) for file in files], timeout=PATIENCE_S)
    sent.raise_for_status()
    return sent.json()


def call(address: str, endpoint: str, *data: Any) -> tuple[str, Any]:
    """How the call ended, "complete" or "error", and what it gave; or "refused" and the sentence."""
    asked = httpx.post(f"{address}gradio_api/call/{endpoint}", json={"data": data}, timeout=PATIENCE_S)
    if asked.status_code != 200:
        return "refused", asked.json()["detail"]
    events = httpx.get(f"{address}gradio_api/call/{endpoint}/{asked.json()['event_id']}", timeout=PATIENCE_S).text
    event, data_line = events.strip().split("\n\n")[-1].split("\n")
    return event.removeprefix("event: "), json.loads(data_line.removeprefix("data: "))
