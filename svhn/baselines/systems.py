"""The systems of the five documents that the project started from, and this project's own, to compare them.

A system's metrics are in its record, which `measure` writes; the notes on it are here. A document is known by its
number; "here" is this project.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..utils.errors import DataError
from .founding_documents import THIS_PROJECT

READER = "reader"  # reads within the true box
LOCALIZER = "localizer"
PIPELINE = "pipeline"  # reads the photo alone
DIGITS, STRIPS = "digits", "strips"  # of MNIST
LENGTH_CHECK = "length check"  # a pipeline, and a count that its readings must agree with

OWN = ("fcos", "compact")  # their weights are in the repository; the others' are in the runs that train them


@dataclass(frozen=True)
class System:
    """One system.

    localizer, reader, counter: recipes, as far as it has them; "whole" is the localizer that returns the full photo as
    the box, and the counter estimates how many digits there are. claim: the metric that the document reports. note:
    what was corrected in the document's system, and what was chosen where it leaves something open. missing: shown if
    there is no metric. every_checkpoint: whether best.pt is measured too.
    """

    document: str
    name: str
    title: str
    kind: str
    localizer: str = ""
    reader: str = ""
    counter: str = ""
    claim: str = "not reported"
    note: str = ""
    missing: str = "not measured yet"
    every_checkpoint: bool = False

    @property
    def networks(self) -> dict[str, str]:
        """The recipes of its networks, by their role."""
        parts = {"localizer": self.localizer, "reader": self.reader, "counter": self.counter}
        return {part: name for part, name in parts.items() if name not in ("", "whole")}

    @property
    def data_set(self) -> str:
        """The data set that it is measured on: "SVHN" or "MNIST"."""
        return "MNIST" if self.kind in (DIGITS, STRIPS) else "SVHN"


SYSTEMS = (
    System(
        "000",
        "goodfellow",
        "The paper's reader",
        READER,
        reader="goodfellow",
        claim="pictures only",
        note="The middle 54×54 of the crop is read, not a random one; BatchNorm replaces the paper's contrast "
        "normalisation; the locally connected layer, whose kernel is left open, has 3×3.",
    ),
    System(
        "000",
        "smaller_vgg",
        "SmallerVGGNet, one box in the centre",
        LOCALIZER,
        localizer="smaller_vgg",
        claim="mean IoU 0.337, wrongly computed",
        note="IoU is taken of corners, not of x, y, width and height; the box is given in the photo, not in the patch.",
    ),
    System(
        "000",
        "centre_patch",
        "SmallerVGGNet and the paper's reader",
        PIPELINE,
        localizer="smaller_vgg",
        reader="goodfellow",
        claim="picked pictures only",
        note="The reader gets its crop from the photo, not from the 96×96 patch, with the margin it was trained with.",
    ),
    System(
        "001",
        "customized",
        "“Customized” CNN",
        READER,
        reader="customized",
        note="Its sizes are left open: four stages of two 3×3 convolutions with BatchNorm, a dense layer of 512.",
    ),
    System(
        "001",
        "vgg16_scratch",
        "VGG16 from scratch",
        READER,
        reader="vgg16_scratch",
        note="With BatchNorm, without which it does not leave its plateau on so few photos; one dense layer of 1,024, "
        "because 64×64 crops end in 2×2.",
    ),
    System(
        "001",
        "vgg16_imagenet",
        "VGG16, pretrained on ImageNet",
        READER,
        reader="vgg16_imagenet",
        note="As above, initialized from torchvision's convolutions.",
        missing="not measured: its weights are a download of 528 MB, which was not available where the others were "
        "trained; `train vgg16_imagenet --from download` fetches them",
    ),
    System(
        "001",
        "vgg16_synthetic",
        "VGG16, synthetic numbers alone",
        READER,
        reader="vgg16_synthetic",
        claim="not in it",
        note="As above. It has seen no photo with a number; the next row is initialized from it.",
    ),
    System(
        "001",
        "vgg16_pretrained",
        "VGG16, synthetic numbers, then photos",
        READER,
        reader="vgg16_pretrained",
        claim="not in it",
        note="In place of ImageNet; the minutes of the row above come on top.",
    ),
    System(
        "001",
        "vgg16_box",
        "VGG16, one box",
        LOCALIZER,
        localizer="vgg16_box",
        note="The whole photo stretched to 64×64 and four shares of its sides regressed, which the document leaves "
        "open.",
    ),
    System(
        "002",
        "goodfellow_plain",
        "The paper's reader, no locally connected layer",
        READER,
        reader="goodfellow_plain",
        claim="93.31 % of the official test photos",
        note="Early stopping looks at held-out photos, never at the test split; the last partial batch is counted.",
        every_checkpoint=True,
    ),
    System(
        "003",
        "mnist_logistic",
        "Logistic regression, single digits",
        DIGITS,
        reader="mnist_logistic",
        note="Nothing to correct; the last 5,000 of the 60,000 training digits validate.",
    ),
    System(
        "003",
        "mnist_cnn",
        "Small CNN, single digits",
        DIGITS,
        reader="mnist_cnn",
        note="As above; digits are turned, scaled and shifted a little in training.",
    ),
    System(
        "003",
        "simple_strips",
        "Small CNN, six heads, MNIST strips",
        STRIPS,
        reader="simple_strips",
        claim="“medium quality”",
        note="Blank has a class of its own (10), the digit zero another (0); strips are drawn in floats, so that "
        "nothing wraps around.",
    ),
    System(
        "003",
        "simple",
        "Small CNN, six heads, house numbers",
        READER,
        reader="simple",
        claim="“poor quality and very long training”",
        note="Crops with the true box instead of whole photos, of which the number is but a "
        "small part, as the document says; stretched to the strip's 28×140.",
    ),
    System(
        "004",
        "strips",
        "Simplified network, MNIST strips",
        STRIPS,
        reader="strips",
        claim="98.5 % of 1,000 strips",
        note="Labels are filled from the left, so that they mean the same on strips as on photos; kernel and pooling "
        "are left open: 3×3, four times halved; the blanks give the length.",
    ),
    System(
        "004",
        "strips_on_photos",
        "Simplified network on house numbers, unchanged",
        READER,
        reader="strips",
        claim="0 % of some pictures",
        note="All held-out photos instead of a few; cut with the true box, grey, stretched to 28×140, nothing else.",
    ),
    System(
        "004",
        "goodfellow_large",
        "Larger network with a length head",
        READER,
        reader="goodfellow_large",
        claim="83 %",
        note="BatchNorm before every convolution, as described; the size of the dense layers is left open: 2,048. The "
        "middle 54×54 is read, not a random one.",
    ),
    System(
        "004",
        "whole_photos",
        "Larger network on whole photos",
        PIPELINE,
        localizer="whole",
        reader="goodfellow_large",
        claim="0 % of 5 own photos; of crops of them 80 %",
        note="The network of the row above; the held-out photos whole, where that row has crops.",
    ),
    System(
        "004",
        "l2_box",
        "One box, L2",
        LOCALIZER,
        localizer="l2_box",
        note="The network is left open: four pooled 3×3 convolutions on 64×64, one dense layer of 256.",
    ),
    System(
        "004",
        "dice_box",
        "One box, Dice",
        LOCALIZER,
        localizer="dice_box",
        note="The same network; the loss is one minus the Dice coefficient of the two boxes.",
    ),
    System(
        "004",
        "unet_zeros",
        "U-Net, padded with zeros",
        LOCALIZER,
        localizer="unet_zeros",
        claim="Dice of masks 87.8 %",
        note="Depth halved, as described; the photo stretched to 64×64; BatchNorm added; cross-entropy added to the "
        "Dice loss, which alone has no gradient where nothing overlaps. A region of the mask becomes a box.",
    ),
    System(
        "004",
        "unet_reflect",
        "U-Net, padded by reflection",
        LOCALIZER,
        localizer="unet_reflect",
        claim="proposed, not built",
        note="As above, but for the padding.",
    ),
    System(
        "004",
        "unet_count",
        "U-Net that counts digits, too",
        LOCALIZER,
        localizer="unet_count",
        claim="proposed, not built",
        note="Continues from the row above with generated street scenes as well as photos; the count is read from the "
        "coarsest scale.",
    ),
    System(
        "004",
        "length_check",
        "Counting U-Net and the larger network",
        LENGTH_CHECK,
        localizer="unet_count",
        reader="goodfellow_large",
        counter="unet_count",
        claim="proposed, not built",
        note="The document's own pair.",
    ),
    System(
        "004",
        "length_check_own",
        "`fcos` and `compact`, checked by that U-Net",
        LENGTH_CHECK,
        localizer="fcos",
        reader="compact",
        counter="unet_count",
        claim="proposed, not built",
        note="Localizer and reader are this project's; the U-Net does nothing but count.",
    ),
    System(THIS_PROJECT, "compact", "This project's reader", READER, reader="compact", claim="–"),
    System(
        THIS_PROJECT,
        "compact_synthetic",
        "This project's reader, synthetic numbers alone",
        READER,
        reader="compact_synthetic",
        claim="–",
        note="It has not seen a single photo of a number: what the generator of street numbers is worth.",
    ),
    System(THIS_PROJECT, "fcos", "This project's localizer", LOCALIZER, localizer="fcos", claim="–"),
    System(
        THIS_PROJECT, "end_to_end", "This project, end to end", PIPELINE, localizer="fcos", reader="compact", claim="–"
    ),
)


def select_systems(names: list[str]) -> tuple[System, ...]:
    """The rows of those names, in the table's order; all rows without names. Raises DataError for an unknown one."""
    known = {row.name for row in SYSTEMS}
    if unknown := [name for name in names if name not in known]:
        raise DataError(f"There is no row {unknown[0]!r}; choose from {', '.join(row.name for row in SYSTEMS)}.")
    return tuple(row for row in SYSTEMS if row.name in names or not names)
