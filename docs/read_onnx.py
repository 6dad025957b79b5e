"""Read a photo with nothing but onnxruntime, numpy and OpenCV; python -m svhn export --format onnx --out DIR, then:

    python docs/read_onnx.py DIR PHOTO

Simpler than `python -m svhn read`: one box, read with three margins, and no second look where that is not sure.
"""

import json
import sys

import cv2
import numpy as np
import onnxruntime


def load(path):
    network = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return network, {key: json.loads(text) for key, text in network.get_modelmeta().custom_metadata_map.items()}


def run(network, config, images):  # (N, h, w, 3) uint8 -> the network's outputs
    images = ((images / 255 - config["mean"]) / config["std"]).transpose(0, 3, 1, 2)
    return network.run(None, {"images": images.astype(np.float32)})


def locate(photo, network, config):  # (h, w, 3) -> box x1, y1, x2, y2 of the likeliest number, and its score
    for side in config["long_sides"]:  # coarse first: close up a number's parts look like numbers
        scale = side / max(photo.shape)
        small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        below, right = (-length % config["multiple"] for length in small.shape[:2])
        padded = np.pad(small, ((0, below), (0, right), (0, 0)), constant_values=round(255 * config["mean"]))
        logits, boxes, *_ = run(network, config, padded[None])
        scores, boxes = 1 / (1 + np.exp(-logits.ravel())), boxes.reshape(-1, 4) / scale
        if scores.max() >= config["sure_score"] or scale >= 1:
            break
    best = boxes[scores.argmax()]  # the mean of all boxes that agree with it is better still
    common = (np.minimum(boxes, best)[:, 2:] - np.maximum(boxes, best)[:, :2]).clip(0).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    agree = scores * (common / (areas[scores.argmax()] + areas - common) > 0.6)
    return agree @ boxes / agree.sum(), scores.max()


def read(photo, box, network, config):  # -> number, "" for none, and its calibrated probability
    crops, log_softmax = [], lambda x: x - np.log(np.exp(x).sum(-1, keepdims=True))
    for margin in config["margins"]:
        x1, y1, x2, y2 = (box + margin * np.tile(box[2:] - box[:2], 2) * [-1, -1, 1, 1]).round().astype(int)
        ys, xs = np.arange(y1, max(y2, y1 + 1)), np.arange(x1, max(x2, x1 + 1))
        crop = photo[ys.clip(0, photo.shape[0] - 1)[:, None], xs.clip(0, photo.shape[1] - 1)]  # its edge is repeated
        crops.append(cv2.resize(crop, (config["input_size"],) * 2, interpolation=cv2.INTER_AREA))
    heads = (log_softmax(head).mean(0) / config["temperature"] for head in run(network, config, np.stack(crops)))
    digits, length = map(log_softmax, heads)  # (5, 11), the last class is blank; (7,)
    best, blank = digits[:, :10].max(1), digits[:, 10]
    total = [length[n] + best[:n].sum() + blank[n:].sum() for n in range(6)]
    return "".join(map(str, digits[: np.argmax(total), :10].argmax(1))), float(np.exp(max(total)))


if __name__ == "__main__":
    localizer, reader = load(f"{sys.argv[1]}/localizer.onnx"), load(f"{sys.argv[1]}/reader.onnx")
    box, score = locate(photo := cv2.imread(sys.argv[2])[..., ::-1], *localizer)
    print(*read(photo, box, *reader), box.round(1).tolist(), float(score))
