"""The Ray engine, on a local Ray of two workers, one of which is killed half-way."""

import csv
import os
import signal
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import fsspec
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from helpers.fake_pipeline import NOTHING, FakePipeline, encoded, photo_of

from svhn.batch.local import COLUMNS, read_folder
from svhn.cli.main import main
from svhn.reading import Reading
from svhn.utils.errors import DataError, UserError

ray = pytest.importorskip("ray", reason="the extra [ray] is not installed")
pq = pytest.importorskip("pyarrow.parquet")
ray_cluster = pytest.importorskip("svhn.batch.ray_cluster")
ROOT = Path(__file__).parents[2]
CAFE = os.fsdecode(b"caf\xe9.png")


@pytest.fixture(scope="module")
def two_workers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "tests"))))  # where they import from
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # else 15, which starves on a busy machine
        for patience in (True, True, False):  # Ray gives up after 30 seconds, which a busy machine may need
            try:
                ray.init("local", num_cpus=2, object_store_memory=80 * 2**20, include_dashboard=False)
                break
            except Exception:
                ray.shutdown()
                if not patience:
                    raise
        yield
        ray.shutdown()


class Killed(FakePipeline):
    """Its process is killed the first times that it reads 7; a file in `folder` for each time shows that."""

    def __init__(self, folder: Path, times: int = 1) -> None:
        self.folder, self.times = folder, times

    def read_all(self, photo: np.ndarray) -> list[Reading]:
        readings = super().read_all(photo)
        before = len(list(self.folder.glob("killed*")))
        if readings[0].number == "7" and before < self.times:
            (self.folder / f"killed{before}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return readings


class Locked(MemoryFileSystem):
    """A storage whose errors are of its own kind."""

    def isdir(self, path: str) -> bool:
        raise RuntimeError("no credentials")


@pytest.fixture
def source(tmp_path) -> Path:
    """Forty pictures, of which two are none, and the twentieth a 7."""
    folder = tmp_path / "input"
    folder.mkdir()
    for i in range(38):
        number = "7" if i == 20 else ("42", "1984", NOTHING)[i % 3]
        (folder / f"{i:02}.png").write_bytes(encoded(photo_of(number)))
    (folder / CAFE).write_bytes(encoded(photo_of("128"))[:100])
    (folder / "=1+1.jpg").write_text("no picture")
    return folder


def rows_of(table: Path) -> list[dict[str, str]]:
    """Without times."""
    with table.open(newline="", encoding="utf-8") as file:
        return [{**row, "ms": ""} for row in csv.DictReader(file)]


@pytest.mark.usefixtures("two_workers")
def test_a_killed_worker_loses_and_repeats_nothing_and_a_restart_skips_what_is_done(source, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_cluster, "GRAIN", 4)
    plain, spread = tmp_path / "plain", tmp_path / "spread"
    list(read_folder(FakePipeline(), source, plain))
    run = partial(ray_cluster.run, partial(Killed, tmp_path), ["network"], str(source), str(spread), copies=True)
    states = run()
    assert (tmp_path / "killed0").exists()
    assert states == {"confident": 14, "check": 13, "no number": 11, "error": 2}

    expected, found = rows_of(plain / "readings.csv"), rows_of(spread / "readings.csv")
    assert [{**row, "picture": row["picture"].rpartition("/")[2]} for row in found] == expected
    for picture in filter(None, (row["picture"] for row in found)):
        assert (spread / picture).read_bytes() == (plain / Path(picture).name).read_bytes()
    table = pq.read_table(spread / "readings").to_pylist()
    assert tuple(table[0]) == COLUMNS
    assert [row["file"] for row in table] == [row["file"].removeprefix("'") for row in expected]
    parts = {path: path.stat().st_mtime_ns for path in (spread / "readings").iterdir()}
    assert len(parts) == 10
    assert not list(spread.rglob("*.part"))
    assert not (spread / "attempts").exists()

    lost = sorted(parts)[3]
    lost.unlink()
    assert run() == states
    again = {path: path.stat().st_mtime_ns for path in (spread / "readings").iterdir()}
    assert {path for path in parts if again[path] != parts[path]} == {lost}
    assert rows_of(spread / "readings.csv") == found
    lost.write_bytes(lost.read_bytes()[:-9])
    with pytest.raises(DataError, match=f"{lost.name} is damaged"):
        run()
    with pytest.raises(DataError, match="other networks"):
        ray_cluster.run(FakePipeline, ["another network"], str(source), str(spread), copies=True)


@pytest.mark.usefixtures("two_workers")
def test_a_picture_that_ends_every_process_is_a_row_and_the_others_are_read(tmp_path):
    (tmp_path / "input").mkdir()
    for name, number in {"a": "42", "b": "7", "c": "1984"}.items():
        (tmp_path / "input" / f"{name}.png").write_bytes(encoded(photo_of(number)))
    load = partial(Killed, tmp_path, times=99)
    states = ray_cluster.run(load, ["network"], str(tmp_path / "input"), str(tmp_path / "output"), actors=1)
    assert states == {"confident": 1, "check": 1, "error": 1}
    assert "b.png was left out" in rows_of(tmp_path / "output" / "readings.csv")[1]["error"]
    assert len(list(tmp_path.glob("killed*"))) == 1 + ray_cluster.BLAMED


@pytest.mark.usefixtures("two_workers")
def test_pictures_are_listed_in_any_storage_and_an_unreadable_one_is_a_row(source, tmp_path, tiny_weights, capsys):
    with zipfile.ZipFile(tmp_path / "street.zip", "w") as archive:
        archive.write(source / "01.png", "north/01.png")
    listed = ["input/00.png", f"zip://north/01.png::{tmp_path}/street.zip", "input/none.png", "far://away.png"]
    (tmp_path / "list.txt").write_text("\n".join(listed))
    arguments = ["run", str(tmp_path / "list.txt"), f"file://{tmp_path}/output", "--weights", str(tiny_weights)]
    assert main([*arguments, "--engine", "ray", "--processes", "1"]) == 1
    assert "error: 2" in capsys.readouterr().out
    rows = rows_of(tmp_path / "output" / "readings.csv")
    assert [row["file"] for row in rows] == listed
    for row, error in zip(rows, ("", "", "No such file", "Protocol not known"), strict=True):
        assert (row["state"] == "error", error in row["error"]) == (bool(error), True)


@pytest.mark.usefixtures("two_workers")
def test_what_cannot_be_written_or_loaded_is_a_sentence(source, tmp_path):
    output = tmp_path / "output"
    output.mkdir()
    (output / "readings").write_text("in the way")
    with pytest.raises(DataError, match="output cannot be written"):
        ray_cluster.run(FakePipeline, [], str(source), str(output), actors=1)
    (output / "readings").unlink()
    with pytest.raises(UserError, match="no network"):
        ray_cluster.run(partial(int, "no network"), [], str(source), str(output), actors=1)
    assert not (output / "readings.csv").exists()


def test_without_pictures_nothing_is_written(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.txt").write_text("\n")
    (tmp_path / "photo.png").touch()
    for name in ("empty", "list.txt", "photo.png", "nowhere"):
        with pytest.raises(DataError):
            ray_cluster.run(FakePipeline, [], str(tmp_path / name), str(tmp_path / "output"))
    fsspec.register_implementation("locked", Locked)
    for url in ("far://away", "gs://bucket", "locked://street"):
        with pytest.raises(DataError, match="cannot be opened"):
            ray_cluster.run(FakePipeline, [], url, str(tmp_path / "output"))
    assert not (tmp_path / "output").exists()
