"""The five documents that the project started from, and how far their metrics can be compared with ours."""

from __future__ import annotations

from dataclasses import dataclass

THIS_PROJECT = "here"  # in place of a document's number


@dataclass(frozen=True)
class Document:
    """What one document is about, in a line or two, and what to know before its metrics are compared with ours."""

    number: str
    title: str
    about: str
    compared: str


DOCUMENTS = (
    Document(
        "000",
        "Street_View_House_Numbers",
        "The network of the paper (Goodfellow et al. 2013) reads the number, a small VGG finds it, and both together "
        "read the photo.",
        "The document shows pictures of its readings, the end-to-end ones chosen by hand, and no metric. Its mean IoU "
        "of 0.337 was computed from x, y, width and height as if they were corners, so it is not on our scale. "
        "This localizer never sees a number away from the middle of a wide photo. "
        "The paper trained for six days on some 235,000 photos; here there are 1,620.",
    ),
    Document(
        "001",
        "House-Number-Recognition",
        "Three readers side by side, a network of its own against VGG16 from scratch and pretrained, and VGG16 once "
        "more to find the number.",
        "The document prints its whole-number accuracies to the console and does not report them. ImageNet's weights "
        "are a download, so pretraining has a second form here that needs none: synthetic numbers first, photos after. "
        "VGG16 trained on synthetic numbers alone has a row of its own, and so has this project's reader below. All "
        "three margins of this project are read and averaged (15, 5 and 30 % of the box), because these readers "
        "learn from loose crops.",
    ),
    Document(
        "002",
        "SVHN-Multi-Digit-Recognition",
        "The paper's network without its locally connected layer, trained with curves, early stopping, and best and "
        "latest checkpoints.",
        "The document's 93.31 % is of the official test photos, after training on train and extra, more than a hundred "
        "times our 1,620 photos. It adds that numbers of five digits are usually wrong; there is none among ours. It "
        "converts the whole data set into one file; here one command makes two, because a reader and a localizer want "
        "different pictures of a photo.",
    ),
    Document(
        "003",
        "Udacity730-SVHM-recognition",
        "A course project: logistic regression against a small CNN on MNIST, then the CNN on numbers strung from MNIST "
        "digits, then on house numbers.",
        "The MNIST rows are of the 10,000 test digits, one by one or strung to fresh strips; nothing was trained or "
        "chosen on them. The strips have 1 to 5 digits at random places, drawn with the same seed for every reader.",
    ),
    Document(
        "004",
        "Digit Recognition Program",
        "From strips of MNIST digits to house numbers: a reader simplified and enlarged again, three localizers, an "
        "idea to end with: the localizer counts the digits, too, and a reading of another length is rejected.",
        "The document read 98.5 % of 1,000 fresh strips; the larger network read 83 % of a fifth of the official train "
        "photos after learning from the other four. Its 0 % and 80 % are of five photos of its own, whole and cropped "
        "by hand; ours are the held-out photos, far smaller and tighter, so a reader may well read some of them "
        "whole. Its Dice of 87.8 % is of pixels, as is our Dice of masks.",
    ),
    Document(
        THIS_PROJECT,
        "This project",
        "The networks of the demo, measured the same way, with the weights in `weights/measured/`, which never saw the "
        "held-out photos.",
        "They were trained in several passes, of which the table has the last ([the log](weights/EXPERIMENTS.md) has "
        "all). Margins, scales, thresholds and temperature of this pipeline were chosen on the held-out photos, so "
        "expect a little less elsewhere.",
    ),
)
