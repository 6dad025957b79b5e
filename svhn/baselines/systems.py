"""The systems of the five documents that the project started from, one row each, and this project's own beside them.

What a row's figures are is in its record, which `measure` writes; what there is to say about it is here. A document is
known by its number, "here" is this project.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..utils.errors import DataError
from ..weights import HERE

READER = "reader"  # reads within the true box
LOCALIZER = "localizer"
PIPELINE = "pipeline"  # reads the photo alone
DIGITS, STRIPS = "digits", "strips"  # of MNIST
LENGTH_CHECK = "length check"  # a pipeline, and a count that its readings must agree with

OWN = ("fcos", "compact")  # their weights are in the repository; the others' are in the runs that train them


@dataclass(frozen=True)
class Row:
    """One system.

    localizer, reader, counter: recipes, as far as it has them; "whole" is the localizer that takes all of the photo,
    and the counter says how many digits there are. claim: the document's own figure. mend: what of the document's was
    mended, and what was chosen where it leaves a choice. untold: what stands where there is no figure.
    every_checkpoint: whether best.pt is measured, too.
    """

    document: str
    name: str
    title: str
    kind: str
    localizer: str = ""
    reader: str = ""
    counter: str = ""
    claim: str = "not reported"
    mend: str = ""
    untold: str = "not measured yet"
    every_checkpoint: bool = False

    @property
    def networks(self) -> dict[str, str]:
        """The recipes whose networks it is made of, by their part in it."""
        parts = {"localizer": self.localizer, "reader": self.reader, "counter": self.counter}
        return {part: name for part, name in parts.items() if name not in ("", "whole")}

    @property
    def data_set(self) -> str:
        """What it is measured on: "SVHN" or "MNIST"."""
        return "MNIST" if self.kind in (DIGITS, STRIPS) else "SVHN"


ROWS = (
    Row(
        "000",
        "goodfellow",
        "The paper's reader",
        READER,
        reader="goodfellow",
        claim="pictures only",
        mend="The middle 54×54 of the crop is read, not a random one; BatchNorm stands in for the paper's contrast "
        "normalisation; the locally connected layer, whose kernel is left open, has 3×3.",
    ),
    Row(
        "000",
        "smaller_vgg",
        "SmallerVGGNet, one box in the centre",
        LOCALIZER,
        localizer="smaller_vgg",
        claim="mean IoU 0.337, wrongly computed",
        mend="IoU is taken of corners, not of x, y, width and height; the box is told in the photo, not in the patch.",
    ),
    Row(
        "000",
        "centre_patch",
        "SmallerVGGNet and the paper's reader",
        PIPELINE,
        localizer="smaller_vgg",
        reader="goodfellow",
        claim="picked pictures only",
        mend="The reader gets its crop from the photo, not from the 96×96 patch, with the margin it was trained with.",
    ),
    Row(
        "001",
        "customized",
        "“Customized” CNN",
        READER,
        reader="customized",
        mend="Its sizes are left open: four stages of two 3×3 convolutions with BatchNorm, a dense layer of 512.",
    ),
    Row(
        "001",
        "vgg16_scratch",
        "VGG16 from scratch",
        READER,
        reader="vgg16_scratch",
        mend="With BatchNorm, without which it does not leave its plateau on so few photos; one dense layer of 1,024, "
        "because 64×64 crops end in 2×2.",
    ),
    Row(
        "001",
        "vgg16_imagenet",
        "VGG16, pretrained on ImageNet",
        READER,
        reader="vgg16_imagenet",
        mend="As above, with torchvision's convolutions to begin with.",
        untold="not measured: its weights are a download of 528 MB, which was not to be had where the others were "
        "trained; `train vgg16_imagenet --from download` fetches them",
    ),
    Row(
        "001",
        "vgg16_synthetic",
        "VGG16, synthetic numbers alone",
        READER,
        reader="vgg16_synthetic",
        claim="not in it",
        mend="As above. It has seen no photo with a number; this is what the next row begins with.",
    ),
    Row(
        "001",
        "vgg16_pretrained",
        "VGG16, synthetic numbers, then photos",
        READER,
        reader="vgg16_pretrained",
        claim="not in it",
        mend="In place of ImageNet; the minutes of the row above come on top.",
    ),
    Row(
        "001",
        "vgg16_box",
        "VGG16, one box",
        LOCALIZER,
        localizer="vgg16_box",
        mend="The whole photo stretched to 64×64 and four shares of its sides regressed, which the document leaves "
        "open.",
    ),
    Row(
        "002",
        "goodfellow_plain",
        "The paper's reader, no locally connected layer",
        READER,
        reader="goodfellow_plain",
        claim="93.31 % of the official test photos",
        mend="Early stopping looks at held-out photos, never at the test split; the last partial batch is counted.",
        every_checkpoint=True,
    ),
    Row(
        "003",
        "mnist_logistic",
        "Logistic regression, single digits",
        DIGITS,
        reader="mnist_logistic",
        mend="Nothing to mend; the last 5,000 of the 60,000 training digits validate.",
    ),
    Row(
        "003",
        "mnist_cnn",
        "Small CNN, single digits",
        DIGITS,
        reader="mnist_cnn",
        mend="As above; digits are turned, scaled and shifted a little in training.",
    ),
    Row(
        "003",
        "simple_strips",
        "Small CNN, six heads, MNIST strips",
        STRIPS,
        reader="simple_strips",
        claim="“medium quality”",
        mend="Blank has a class of its own (10), the digit zero another (0); strips are drawn in floats, so that "
        "nothing wraps around.",
    ),
    Row(
        "003",
        "simple",
        "Small CNN, six heads, house numbers",
        READER,
        reader="simple",
        claim="“poor quality and very long training”",
        mend="Crops with the true box instead of whole photos, of which the number is but a "
        "small part, as the document says; stretched to the strip's 28×140.",
    ),
    Row(
        "004",
        "strips",
        "Simplified network, MNIST strips",
        STRIPS,
        reader="strips",
        claim="98.5 % of 1,000 strips",
        mend="Labels are filled from the left, so that they mean the same on strips as on photos; kernel and pooling "
        "are left open: 3×3, four times halved; the length is told by the blanks.",
    ),
    Row(
        "004",
        "strips_on_photos",
        "Simplified network on house numbers, as it stands",
        READER,
        reader="strips",
        claim="0 % of some pictures",
        mend="All held-out photos instead of a few; cut with the true box, grey, stretched to 28×140, nothing else.",
    ),
    Row(
        "004",
        "goodfellow_large",
        "Larger network with a length head",
        READER,
        reader="goodfellow_large",
        claim="83 %",
        mend="BatchNorm before every convolution, as described; the size of the dense layers is left open: 2,048. The "
        "middle 54×54 is read, not a random one.",
    ),
    Row(
        "004",
        "whole_photos",
        "Larger network on whole photos",
        PIPELINE,
        localizer="whole",
        reader="goodfellow_large",
        claim="0 % of 5 own photos; of crops of them 80 %",
        mend="The network of the row above; the held-out photos whole, where that row has crops.",
    ),
    Row(
        "004",
        "l2_box",
        "One box, L2",
        LOCALIZER,
        localizer="l2_box",
        mend="The network is left open: four pooled 3×3 convolutions on 64×64, one dense layer of 256.",
    ),
    Row(
        "004",
        "dice_box",
        "One box, Dice",
        LOCALIZER,
        localizer="dice_box",
        mend="The same network; the loss is one minus the Dice coefficient of the two boxes.",
    ),
    Row(
        "004",
        "unet_zeros",
        "U-Net, padded with zeros",
        LOCALIZER,
        localizer="unet_zeros",
        claim="Dice of masks 87.8 %",
        mend="Depth halved, as described; the photo stretched to 64×64; BatchNorm added; cross-entropy beside the Dice "
        "loss, which alone has no slope where nothing overlaps. A region of the mask becomes a box.",
    ),
    Row(
        "004",
        "unet_reflect",
        "U-Net, padded by reflection",
        LOCALIZER,
        localizer="unet_reflect",
        claim="proposed, not built",
        mend="As above, but for the padding.",
    ),
    Row(
        "004",
        "unet_count",
        "U-Net that counts digits, too",
        LOCALIZER,
        localizer="unet_count",
        claim="proposed, not built",
        mend="Goes on from the row above with generated street scenes beside the photos; the count is read from the "
        "coarsest scale.",
    ),
    Row(
        "004",
        "length_check",
        "Counting U-Net and the larger network",
        LENGTH_CHECK,
        localizer="unet_count",
        reader="goodfellow_large",
        counter="unet_count",
        claim="proposed, not built",
        mend="The document's own pair.",
    ),
    Row(
        "004",
        "length_check_own",
        "`fcos` and `compact`, that U-Net as a witness",
        LENGTH_CHECK,
        localizer="fcos",
        reader="compact",
        counter="unet_count",
        claim="proposed, not built",
        mend="Localizer and reader are this project's; the U-Net does nothing but count.",
    ),
    Row(HERE, "compact", "This project's reader", READER, reader="compact", claim="–"),
    Row(
        HERE,
        "compact_synthetic",
        "This project's reader, synthetic numbers alone",
        READER,
        reader="compact_synthetic",
        claim="–",
        mend="It has not seen a single photo of a number: what the generator of street numbers is worth.",
    ),
    Row(HERE, "fcos", "This project's localizer", LOCALIZER, localizer="fcos", claim="–"),
    Row(HERE, "end_to_end", "This project, end to end", PIPELINE, localizer="fcos", reader="compact", claim="–"),
)


def rows(names: list[str]) -> tuple[Row, ...]:
    """The rows of those names, in the table's order; of no name all. Raises DataError for an unknown one."""
    known = {row.name for row in ROWS}
    if unknown := [name for name in names if name not in known]:
        raise DataError(f"There is no row {unknown[0]!r}; choose from {', '.join(row.name for row in ROWS)}.")
    return tuple(row for row in ROWS if row.name in names or not names)
