import pytest
from helpers.fake_pipeline import FakePipeline, photo_of

from svhn.data.annotations import Truth
from svhn.evaluation import photo_grids
from svhn.evaluation.evaluate import Example
from svhn.utils.errors import DataError


def test_which_photos_are_chosen():
    all_of_them = [
        Example(f"{i}.png", photo_of("7"), Truth("7", (24, 16, 72, 48) if i % 2 else None)) for i in range(20)
    ]

    def names(*args, **options) -> list[str]:
        return [example.name for example in photo_grids.choose(iter(all_of_them), *args, **options)]

    assert names(3) == ["0.png", "1.png", "2.png"]
    assert names(3, offset=18) == ["18.png", "19.png"]
    assert names(2, offset=1, boxed=True) == ["3.png", "5.png"]
    assert names(5, seed=1) == names(5, seed=1) != names(5, seed=2)
    assert len(set(names(20, seed=1))) == 20
    assert set(names(10, seed=1, boxed=True)) == {f"{i}.png" for i in range(1, 20, 2)}


def test_nothing_to_show_and_nowhere_to_write(tmp_path):
    with pytest.raises(DataError, match="no photo to show"):
        photo_grids.readings(FakePipeline(), [], tmp_path / "grid.png")
    (tmp_path / "file").write_text("in the way")
    example = Example("a.png", photo_of("42"), Truth("42", None))
    with pytest.raises(DataError, match="cannot be written"):
        photo_grids.readings(FakePipeline(), [example], tmp_path / "file" / "grid.png")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
