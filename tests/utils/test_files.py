import os
import subprocess

import pytest

from svhn.utils.files import atomic_path, working_folder, write_atomic


def test_folders_are_made_and_what_was_there_is_replaced_or_left_as_it_was(tmp_path):
    path = tmp_path / "new" / "file.txt"
    for content in (b"old", b"new"):
        write_atomic(path, content)

    def cut_short():
        with atomic_path(path) as aside:
            aside.write_bytes(b"hal")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_short()
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_folders_of_killed_processes_go_and_those_of_others_stay(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = tmp_path / f".work-{ended.pid}-abc"
    running, other = tmp_path / f".work-{os.getppid()}-abc", tmp_path / ".work-notes"
    for folder in (left, running, other):
        folder.mkdir()
        (folder / "file").touch()
    with working_folder(tmp_path, ".work-") as folder:
        assert folder.parent == tmp_path
        assert sorted(tmp_path.iterdir()) == sorted([running, other, folder])
    assert sorted(tmp_path.iterdir()) == sorted([running, other])
