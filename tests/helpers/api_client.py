"""What a program does: endpoints called over plain HTTP."""

import base64
import json
import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx

PATIENCE_S = 120
OPTIONS = {"timeout": PATIENCE_S, "verify": False}  # to load the certificates, which HTTP needs not, takes 60 ms
get, post = partial(httpx.get, **OPTIONS), partial(httpx.post, **OPTIONS)


def data_url(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def upload(address: str, *files: tuple[str, bytes]) -> list[str]:
    """Names and contents -> the paths that the server gave them."""
    sent = post(f"{address}gradio_api/upload", files=[("files", file) for file in files])
    sent.raise_for_status()
    return sent.json()


@contextmanager
def unfinished_upload(address: str, sent: int, announced: int | None = None) -> Iterator[socket.socket]:
    """A sender that has sent so many bytes of a file, and pauses."""
    url = httpx.URL(address)
    head = "POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + bytes(sent)
    length = f"Content-Length: {announced}" if announced else "Transfer-Encoding: chunked"
    body = part if announced else f"{len(part):x}\r\n".encode() + part + b"\r\n"
    with socket.create_connection((url.host, url.port), timeout=PATIENCE_S) as line:
        line.sendall(f"{head}{length}\r\n\r\n".encode() + body)
        yield line


def call(address: str, endpoint: str, *data: Any) -> tuple[str, Any]:
    """How the call ended, "complete" or "error", and what it gave; or "refused" and the sentence."""
    asked = post(f"{address}gradio_api/call/{endpoint}", json={"data": data})
    if asked.status_code != 200:
        return "refused", asked.json()["detail"]
    events = get(f"{address}gradio_api/call/{endpoint}/{asked.json()['event_id']}").text
    event, data_line = events.strip().split("\n\n")[-1].split("\n")
    return event.removeprefix("event: "), json.loads(data_line.removeprefix("data: "))


def files(folder: Path) -> list[Path]:
    """All files below the folder, from which others may be deleting files and folders meanwhile."""
    return [Path(inside, name) for inside, _, names in os.walk(folder) for name in names]


def free_port() -> int:
    """One that nobody listens on, and that the system gives to no outgoing connection before it is bound."""
    for port in random.SystemRandom().sample(range(20_000, 32_768), 100):  # other tests run at the same time
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("There is no free port.")


def events(address: str, event: int, data: list, session: str = "visitor") -> str:
    """What the server sends about an event of the page, called as its browser calls it."""
    join = {"data": data, "session_hash": session, "fn_index": event}
    post(f"{address}gradio_api/queue/join", json=join).raise_for_status()
    return get(f"{address}gradio_api/queue/data", params={"session_hash": session}).text
