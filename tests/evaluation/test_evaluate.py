from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from helpers import official
from helpers.stand_ins import reading_of
from PIL import Image

from svhn.data.annotations import Truth
from svhn.data.prepare import prepare
from svhn.evaluation import evaluate
from svhn.evaluation.evaluate import Example
from svhn.labels import decode
from svhn.pipeline import Pipeline
from svhn.reading import Reading
from svhn.utils.errors import DataError


def _oracle(readings: list[Reading], boxed: list[Reading] | None = None) -> SimpleNamespace:
    """Returns given readings, in their order."""
    reads, reads_boxed = iter(readings), iter(boxed or [])
    return SimpleNamespace(read=lambda photo: next(reads), read_boxes=lambda photo, boxes: [next(reads_boxed)])


def _examples(*numbers: str, box=(0.0, 0.0, 10.0, 10.0)) -> list[Example]:
    photo = np.zeros((20, 20, 3), np.uint8)
    return [Example(f"{i}.png", photo, Truth(number, box)) for i, number in enumerate(numbers)]


def test_the_report_has_the_contracts_keys_and_is_the_same_twice(tiny_weights, small_data):
    pipeline, reports = Pipeline.load(tiny_weights), []
    for _ in range(2):
        outcome = evaluate.run(pipeline, evaluate.split_examples(small_data, "test"), limit=3)
        reports.append(evaluate.split_report(outcome, "test", pipeline.sha256))
        assert set(reports[-1].pop("latency_ms")) == {"median", "p95"}
    report, again = reports
    assert report == again
    assert set(report) == {"split", "images", "left_out", "reader", "localizer", "end_to_end", "weights"}
    assert {"sequence_accuracy", "digit_accuracy", "by_length", "coverage_at_98"} <= set(report["reader"])
    assert set(report["localizer"]) == {"mean_iou", "mean_dice", "recall_50", "containment"}
    assert (report["images"], list(report["weights"])) == (3, ["fcos", "compact"])
    assert sum(entry["n"] for entry in report["reader"]["by_length"].values()) == 3


def test_figures_of_a_known_outcome():
    boxed = [reading_of("12"), reading_of("8"), reading_of("340", 0.3)]
    oracle = _oracle([reading_of("12"), reading_of("7", 0.6), reading_of(None)], boxed)
    report = evaluate.split_report(evaluate.run(oracle, _examples("12", "8", "345")), "test", {})
    assert report["reader"]["sequence_accuracy"] == pytest.approx(2 / 3)
    assert report["reader"]["digit_accuracy"] == pytest.approx(5 / 6)
    assert report["reader"]["by_length"]["3"] == {"n": 1, "accuracy": 0.0}
    assert report["reader"]["coverage_at_98"] == pytest.approx(2 / 3)
    assert report["end_to_end"]["sequence_accuracy"] == pytest.approx(1 / 3)
    assert report["localizer"]["recall_50"] == pytest.approx(2 / 3)


def test_what_cannot_be_evaluated_is_left_out_and_listed_and_prepare_uses_the_same_records(tmp_path):
    def spoil(entries):
        entries[0].png = entries[4].png = None
        entries[1].png = b"not a picture"
        entries[2].labels[0] = 11.0
        for i, box in ((3, (2000, 5, 20, 30)), (5, (5, 5, float("nan"), 3)), (6, (5, 5, 0, 20))):
            entries[i].boxes[-1] = box  # of one digit only
        entries[7].name = "front door.png"
        entries[9].boxes[:, 2:] += 500
        entries.append(official.Entry("9.png", None, [1.0], np.array([[1.0, 1, 9, 9]])))  # the first of a name counts

    extra = [("train/99.png", official.png(np.zeros((20, 20, 3), np.uint8)))]
    official.write_split(tmp_path, "train", 11, spoil=spoil, members=extra)
    prepare(tmp_path, "train", tmp_path, progress=False)
    with h5py.File(tmp_path / "train_crops.h5") as crops:
        prepared = dict(zip(crops["number"][:], map(decode, crops["digits"][:], crops["length"][:]), strict=True))
    left_out, held_out = {}, {}
    examples = {example.name: example for example in evaluate.split_examples(tmp_path, "train", left_out)}
    assert {int(name[:-4]): example.truth.number for name, example in examples.items()} == prepared
    assert set(left_out) == {*(f"{n}.png" for n in range(1, 8)), "front door.png", "99.png"}
    assert (left_out["5.png"], left_out["99.png"]) == ("its photo is missing", "no record of its own")
    assert "lies outside" in left_out["4.png"]
    last = examples["10.png"]
    assert last.truth.box[2:] == last.photo.shape[1::-1]  # a true box ends where the photo does
    assert [example.name for example in evaluate.split_examples(tmp_path, "held_out", held_out)] == ["10.png"]
    assert set(held_out) == {"5.png"}


def _folder(tmp_path, rows: list[tuple[str, str]]):
    for file, _ in rows:
        Image.fromarray(np.full((30, 40, 3), 90, np.uint8)).save(tmp_path / file)
    (tmp_path / "labels.csv").write_text("\n".join(["file,number,width", *(f"{file},{n},40" for file, n in rows)]))
    return tmp_path


def test_photos_with_and_without_a_number(tmp_path):
    folder = _folder(tmp_path, [("a.png", "12"), ("b.png", ""), ("c.png", ""), ("d.png", "5"), ("e.png", "")])
    oracle = _oracle([reading_of(number) for number in ("12", None, "1", "6", "111111")])
    report = evaluate.photos_report(evaluate.run(oracle, evaluate.folder_examples(folder)), {"x": "y"})
    assert set(report) == {"images", "end_to_end", "negatives", "latency_ms", "weights"}
    assert report["images"] == 5
    assert report["end_to_end"]["sequence_accuracy"] == pytest.approx(0.4)
    assert report["end_to_end"]["by_length"] == {"1": {"n": 1, "accuracy": 0.0}, "2": {"n": 1, "accuracy": 1.0}}
    assert report["negatives"] == {"n": 3, "correct": 1}  # more than five digits are not none
    empty = evaluate.run(_oracle([reading_of(None), reading_of("1")]), _examples("", "", box=None))
    assert set(evaluate.photos_report(empty, {})["end_to_end"]) == {"sequence_accuracy", "interval_95"}


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (None, r"labels\.csv cannot be opened"),
        ("file,number\na.png,12b\n", "not written in digits"),
        ("file,number\n../a.png,12\n", "not the name of a file"),
        ("file,number\nmissing.png,12\n", "cannot be opened"),
        ("file,number\na.png\n", "no field for the number"),
        *[(f"file,number,x1,y1,x2,y2\na.png,12,{box}\n", "the box of") for box in ("nan,1,2,3", "5,5,1,9", "1,2,3,")],
        ("picture,answer\na.png,12\n", "needs the columns"),
    ],
)
def test_a_folder_that_cannot_be_evaluated_says_why(tmp_path, labels, reason):
    _folder(tmp_path, [("a.png", "12")])
    (tmp_path / "labels.csv").unlink() if labels is None else (tmp_path / "labels.csv").write_text(labels)
    with pytest.raises(DataError, match=reason):
        list(evaluate.folder_examples(tmp_path))
    with pytest.raises(DataError, match="not a single photo"):
        evaluate.run(_oracle([]), [])
