import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
from helpers import api_client
from helpers.fake_pipeline import FakePipeline, encoded, photo_of, wait_until

from demo.server import cleanup, gradio_options


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_old_files_go_and_new_ones_stay(tmp_path, monkeypatch):
    paths = [put(tmp_path / name) for name in ("a/b/old.jpg", "tmpold", *(f"c/{i}.jpg" for i in range(10)))]
    new = api_client.files(tmp_path / "c")[0]  # old ones come after it
    old = [path for path in paths if path != new]
    os.utime(new, (0, 0))  # the date that a sender gives is none of ours
    times = {path: path.lstat().st_ctime for path in (*old, new)}
    now = max(times.values())
    cleanup.sweep(tmp_path, max_age_s=60)
    assert len(api_client.files(tmp_path)) == 12
    os.utime(new)  # a batch marks its files as new
    wait_until(lambda: put(new).lstat().st_ctime > now)
    monkeypatch.setattr(cleanup, "time", SimpleNamespace(time=lambda: new.lstat().st_ctime))
    cleanup.sweep(tmp_path, max_age_s=(new.lstat().st_ctime - now) / 2)
    assert api_client.files(tmp_path) == [new]
    monkeypatch.undo()
    for _ in range(4):  # a folder changes when what is in it goes
        cleanup.sweep(tmp_path, max_age_s=0)
    assert list(tmp_path.parent.glob(f"{tmp_path.name}/**")) == [tmp_path]  # empty folders go but for the first


def test_cleaning_goes_on_while_files_come_and_when_the_page_closes(launch, tmp_path, monkeypatch):
    monkeypatch.setattr(gradio_options, "RETENTION_S", 0.5)
    monkeypatch.setattr(gradio_options, "CLEANUP_EVERY_S", 0.02)
    sweeps, sweep = [], cleanup.sweep
    monkeypatch.setattr(cleanup, "sweep", lambda *how: sweeps.append(sweep(*how)))
    blocks = launch(FakePipeline())
    blocks.state_holder["who left"].is_closed = True

    def more_came_and_it_went_on() -> bool:
        blocks.upload_file_set.update(str(put(tmp_path / "many" / f"{time.monotonic_ns()}")) for _ in range(50))
        return len(sweeps) >= 6

    wait_until(more_came_and_it_went_on)
    wait_until(lambda: not (api_client.files(tmp_path) or blocks.upload_file_set or blocks.state_holder.session_data))
    with api_client.unfinished_upload(blocks.local_url, 1000, announced=10**6):
        wait_until(lambda: api_client.files(tmp_path))
    wait_until(lambda: not api_client.files(tmp_path))  # broken off
    api_client.upload(blocks.local_url, ("house.png", encoded(photo_of("42"))))
    blocks.close(verbose=False)
    wait_until(lambda: not api_client.files(tmp_path))


def test_sessions_without_a_photo_go_first(page):
    assert isinstance(page.state_holder, cleanup.VisitorSessions)
    assert page.app.state_holder is page.state_holder
    with gr.Blocks() as own:
        result = gr.State(None, time_to_live=60)
        gr.State("no photo")
    own.state_session_capacity = 3
    sessions = cleanup.VisitorSessions()
    sessions.set_blocks(own)
    sessions["visitor"][result._id] = "a reading"
    for i in range(10):
        sessions[f"caller {i}"]
    assert set(sessions.session_data) == {"visitor", "caller 8", "caller 9"}
    assert set(sessions.time_last_used) == set(sessions.session_data)
    for name in ("second", "third", "visitor", "fourth"):
        sessions[name][result._id] = "a reading"
    assert set(sessions.session_data) == {"third", "visitor", "fourth"}  # of those with a photo, the idlest goes


def test_who_left_is_forgotten_once_there_is_no_photo_that_has_not_expired():
    with gr.Blocks() as own:
        result, setting = gr.State(None, time_to_live=60), gr.State("a setting")
    sessions = cleanup.VisitorSessions()
    sessions.set_blocks(own)
    for name, state, value in (
        ("with a photo", result, "a reading"),
        ("without", result, None),
        ("without, but a setting", setting, "another"),
        ("still there", result, None),
    ):
        sessions[name][state._id] = value
        sessions[name].is_closed = name != "still there"
    cleanup.drop_closed_sessions(own, max_age_s=60)
    assert set(sessions.session_data) == set(sessions.time_last_used) == {"with a photo", "still there"}
    cleanup.drop_closed_sessions(own, max_age_s=0)
    assert set(sessions.session_data) == {"still there"}


def test_with_the_page_goes_what_it_knows_of_and_nothing_else(tmp_path):
    known, others = put(tmp_path / "known"), put(tmp_path / "of others")
    with gr.Blocks() as own:
        own.upload_file_set.update([str(known), str(tmp_path / "gone")])

    async def serve() -> None:
        async with cleanup.lifespan(every_s=60, max_age_s=0)(SimpleNamespace(get_blocks=lambda: own)):
            assert known.exists()

    with ThreadPoolExecutor(1) as pool:  # a thread of its own: the browser's loop runs in this one
        pool.submit(asyncio.run, serve()).result()
    assert api_client.files(tmp_path) == [others]
