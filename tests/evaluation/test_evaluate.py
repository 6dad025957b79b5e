from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from helpers import official
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


def _reading(number: str | None, confidence: float = 0.9, box=(0.0, 0.0, 10.0, 10.0)) -> Reading:
    if number is None:
        return Reading.nothing({})
    probs = np.eye(11)[[0] * 5], np.eye(7)[len(number)]
    return Reading(number, confidence, box, np.zeros((4, 4, 3), np.uint8), *probs, {})


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
    oracle = _oracle(
        [_reading("12"), _reading("7", 0.6), _reading(None)], [_reading("12"), _reading("8"), _reading("340", 0.3)]
    )
    report = evaluate.split_report(evaluate.run(oracle, _examples("12", "8", "345")), "test", {})
    assert report["reader"]["sequence_accuracy"] == pytest.approx(2 / 3)
    assert report["reader"]["digit_accuracy"] == pytest.approx(5 / 6)
    assert report["reader"]["by_length"]["3"] == {"n": 1, "accuracy": 0.0}
    assert report["reader"]["coverage_at_98"] == pytest.approx(2 / 3)
    assert report["end_to_end"]["sequence_accuracy"] == pytest.approx(1 / 3)
    assert report["localizer"]["recall_50"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(("split", "held_out"), [("test", False), ("held_out", True)])
def test_what_cannot_be_evaluated_is_left_out_and_listed(tmp_path, split, held_out):
    def spoil(entries):
        entries[0].png = None
        entries[1].png = b"not a picture"
        entries[2].labels[0] = 11.0
        entries[3].boxes[:, 0] += 500
        entries[4].png = None
        entries[9].boxes[:, 2:] += 500

    file = "train" if held_out else "test"
    extra = [(f"{file}/99.png", official.png(np.zeros((20, 20, 3), np.uint8)))]
    official.write_split(tmp_path, file, 10, spoil=spoil, members=extra)
    left_out = {}
    examples = {example.name: example for example in evaluate.split_examples(tmp_path, split, left_out)}
    assert set(examples) == ({"10.png"} if held_out else {"6.png", "7.png", "8.png", "9.png", "10.png"})
    assert set(left_out) == {"5.png"} | (set() if held_out else {"1.png", "2.png", "3.png", "4.png", "99.png"})
    assert left_out["5.png"] == "its photo is missing"
    assert held_out or (left_out["99.png"] == "no record of its own" and "lies outside" in left_out["4.png"])
    last = examples["10.png"]
    assert last.truth.box[2:] == last.photo.shape[1::-1]  # a true box ends where the photo does


def test_prepare_and_evaluate_use_the_same_records(tmp_path):
    def spoil(entries):
        for i, box in ((0, (5, 5, 0, 20)), (3, (5, 5, float("nan"), 3)), (6, (2000, 5, 20, 30))):
            entries[i].boxes[-1] = box  # of one digit only
        entries[2].name = "front door.png"
        entries.append(official.Entry("5.png", None, [1.0], np.array([[1.0, 1, 9, 9]])))  # the first of a name counts

    official.write_split(tmp_path, "test", 9, spoil=spoil)
    prepare(tmp_path, "test", tmp_path, progress=False)
    with h5py.File(tmp_path / "test_crops.h5") as crops:
        prepared = dict(zip(crops["number"][:], map(decode, crops["digits"][:], crops["length"][:]), strict=True))
    left_out = {}
    examples = {int(e.name[:-4]): e.truth.number for e in evaluate.split_examples(tmp_path, "test", left_out)}
    assert examples == prepared
    assert set(left_out) == {"1.png", "4.png", "7.png", "front door.png"}


def _folder(tmp_path, rows: list[tuple[str, str]]):
    for file, _ in rows:
        Image.fromarray(np.full((30, 40, 3), 90, np.uint8)).save(tmp_path / file)
    (tmp_path / "labels.csv").write_text("\n".join(["file,number,width", *(f"{file},{n},40" for file, n in rows)]))
    return tmp_path


def test_photos_with_and_without_a_number(tmp_path):
    probs = np.eye(11)[[1] * 5], np.eye(7)[6]
    long = Reading(None, 0.9, (0.0, 0.0, 9.0, 9.0), np.zeros((4, 4, 3), np.uint8), *probs, {})
    folder = _folder(tmp_path, [("a.png", "12"), ("b.png", ""), ("c.png", ""), ("d.png", "5"), ("e.png", "")])
    oracle = _oracle([_reading("12"), _reading(None), _reading("1"), _reading("6"), long])
    report = evaluate.photos_report(evaluate.run(oracle, evaluate.folder_examples(folder)), {"x": "y"})
    assert set(report) == {"images", "end_to_end", "negatives", "latency_ms", "weights"}
    assert report["images"] == 5
    assert report["end_to_end"]["sequence_accuracy"] == pytest.approx(0.4)
    assert report["end_to_end"]["by_length"] == {"1": {"n": 1, "accuracy": 0.0}, "2": {"n": 1, "accuracy": 1.0}}
    assert report["negatives"] == {"n": 3, "correct": 1}  # more than five digits are not none


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


def test_nothing_to_evaluate_is_an_error():
    with pytest.raises(DataError, match="not a single photo"):
        evaluate.run(_oracle([]), [])
