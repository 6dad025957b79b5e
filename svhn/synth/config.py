"""Every parameter of the generator: ranges of how numbers are set, painted, seen and photographed."""

from __future__ import annotations

from dataclasses import dataclass, field

from .rng import Range


@dataclass(frozen=True)
class LayoutConfig:
    """Ranges of the ways in which digits are set; lengths in digit heights, angles in radians."""

    length_weights: tuple[float, ...] = (1.0, 1.9, 1.5, 1.1, 0.7)  # of the lengths 1 ... 5
    arrangement_weights: tuple[float, float, float, float] = (0.62, 0.06, 0.28, 0.04)  # row, diagonal, stack, arc
    diagonal_steps: Range = (0.25, 1.1)  # drop from a digit to the next
    arc_turn: Range = (0.08, 0.3)  # between neighbouring digits
    stack_gap: Range = (0.05, 0.7)
    wide_gap: Range = (0.3, 1.3)
    wide_gap_share: float = 0.16  # one digit a plate, digits screwed on far apart
    narrowing: Range = (0.62, 1.5)  # how far a face may be squeezed or stretched to the real aspect
    size_jitter: float = 0.02
    tilt_jitter: float = 0.02
    drop_jitter: float = 0.02
    loose_share: float = 0.12  # numbers whose digits are put up by hand: the jitters grow by `loose_factor`
    loose_factor: float = 3.0
    bold_share: float = 0.7  # numbers in the bolder of two drawn faces: numbers to be seen from afar are bold
    mixed_faces_share: float = 0.03
    leading_one: float = 0.3  # of the numbers of two digits and more, as in the official boxes
    repeat_share: float = 0.12  # a digit is the one before it again: 11, 77, 100


@dataclass(frozen=True)
class PaintConfig:
    """Ranges and shares; lengths in digit heights, strengths as shares of full scale."""

    wall_relief: Range = (0.005, 0.08)
    wall_repeat: Range = (2.5, 14.0)
    photo_share: float = 0.5  # of the walls around plates, where photos are given
    photo_zoom: Range = (0.06, 0.4)  # of a photo's side that a crop's wall shows
    wall_warmth: float = 0.05  # spread of red against blue in walls: brick and wood, slate and shade
    second_wall_share: float = 0.45  # a door frame, a corner, another house
    plate_share: float = 0.5  # where wall and ground have much the same colour
    distinct_plate_share: float = 0.9  # where they do not: the palette saw two surfaces
    ellipse_share: float = 0.14
    notched_share: float = 0.12  # corners cut out round, as enamel plates have
    plaque_share: float = 0.25  # of the numbers on plates: oval and arched, with a rim, a picture, a name
    bin_share: float = 0.03  # of the numbers on plates: painted on a bin
    tight_share: float = 0.12  # plates whose edge or frame all but touches the digits
    tight_margin: Range = (0.0, 0.08)
    plate_margin: Range = (0.03, 0.34)
    plate_radius: Range = (0.0, 0.3)
    plate_relief: Range = (0.0, 0.04)
    frame_share: float = 0.36
    frame_inset: Range = (0.0, 0.12)
    frame_width: Range = (0.015, 0.07)
    plate_edge_share: float = 0.5
    plate_edge: Range = (-0.35, 0.35)
    screws_share: float = 0.15
    contrast: Range = (1.0, 1.4)  # of ink against ground, on what the palette says
    least_contrast: float = 0.22  # below this the palette's contrast is stretched
    faint_share: float = 0.04
    faint: Range = (0.45, 0.9)
    shadow_share: float = 0.22
    shadow_offset: Range = (0.02, 0.14)
    shadow_strength: Range = (0.2, 0.75)
    bevel_share: float = 0.2
    bevel: Range = (0.1, 0.5)
    outline_share: float = 0.08
    hollow_share: float = 0.02
    weight_share: float = 0.3  # digits a little bolder, or thinner, than the face
    bolder_share: float = 0.75  # of those
    fade_share: float = 0.25
    fade: Range = (-0.25, 0.25)  # ink lighter or darker towards one end
    worn_share: float = 0.1
    suffix_share: float = 0.05  # 12 A
    caption_share: float = 0.08  # a line of letters above or below
    neighbour_share: float = 0.08  # digits of another number
    light: Range = (0.0, 0.3)
    cast_shadow_share: float = 0.15
    cast_shadow: Range = (0.25, 0.7)
    leaf_shadow_share: float = 0.06
    glare_share: float = 0.08
    glare: Range = (0.1, 0.6)
    dirt_share: float = 0.2
    dirt: Range = (0.05, 0.35)
    bars_share: float = 0.025
    bar_width: Range = (0.04, 0.14)
    leaves_share: float = 0.03


@dataclass(frozen=True)
class ViewConfig:
    """Ranges of the camera's view of a wall; angles in radians."""

    roll: float = 0.05  # spread
    slope: float = 0.09  # spread of the climb of level lines on a wall seen from the side
    lean: float = 0.05  # spread of the slant of upright lines
    steep_share: float = 0.08  # a plate hung askew, a camera held askew, a wall seen from close by
    steep: float = 5.0  # times the spreads of roll and slope there
    narrowing: Range = (0.75, 1.0)  # of widths on a wall seen from the side
    narrowed_share: float = 0.35
    vanishing: float = 0.06  # spread of the change of scale from the number's middle to its end
    box_slack: Range = (0.0, 0.1)  # by which people draw boxes larger than the ink, in box heights a side


@dataclass(frozen=True)
class CameraConfig:
    """Ranges; lengths in native pixels unless stated otherwise."""

    focus: Range = (0.4, 1.1)  # spread of the lens blur
    poor_focus: Range = (1.2, 2.4)
    poor_focus_share: float = 0.1
    softness: Range = (0.012, 0.032)  # spread of a blur that grows with the picture, digit heights
    motion_share: float = 0.15
    motion: Range = (1.0, 4.0)  # length of the smear along one axis
    height_factor: Range = (0.7, 1.25)  # on the native digit height drawn from the table
    least_digit_height: float = 7.0
    noise: Range = (0.002, 0.012)  # of full scale
    sharpen: Range = (0.0, 0.7)
    jpeg_share: float = 0.8
    jpeg_step: Range = (0.002, 0.012)  # quantisation of the lowest frequencies, of full scale
    exposure: Range = (0.85, 1.15)
    gamma: Range = (0.8, 1.1)
    cast: float = 0.02  # spread of the colour cast


@dataclass(frozen=True)
class PlaqueConfig:
    """Plaques and bins; lengths in digit heights."""

    shape_weights: tuple[float, float, float, float] = (0.4, 0.15, 0.3, 0.15)  # ellipse, circle, arched, rectangle
    picture_share: float = 0.45
    picture_height: Range = (0.5, 1.3)
    name_share: float = 0.3
    name_height: Range = (0.2, 0.45)
    margin: Range = (0.05, 0.5)
    ellipse_growth: Range = (1.1, 1.5)
    rim_share: float = 0.75
    rim_inset: Range = (0.0, 0.1)
    rim_width: Range = (0.015, 0.05)
    edge: Range = (-0.1, 0.35)
    bin_room: Range = (0.8, 3.0)


@dataclass(frozen=True)
class PieceConfig:
    """One kind of thing: how often, how high in digit heights (about 10 cm), and its width / height."""

    weight: float
    height: Range
    aspect: Range


@dataclass(frozen=True)
class FurnitureConfig:
    """Kinds of things on fronts, by the names of their painters in `furnishing`."""

    letter_box: PieceConfig = PieceConfig(1.5, (0.4, 1.0), (2.5, 5.5))
    knocker: PieceConfig = PieceConfig(0.6, (0.7, 1.8), (0.45, 0.9))
    handle: PieceConfig = PieceConfig(0.8, (0.8, 3.0), (0.12, 0.4))
    knob: PieceConfig = PieceConfig(1.0, (0.25, 0.9), (0.7, 1.1))
    bell: PieceConfig = PieceConfig(0.6, (0.4, 2.0), (0.3, 0.9))
    lamp: PieceConfig = PieceConfig(0.8, (1.2, 3.5), (0.4, 0.8))
    vent: PieceConfig = PieceConfig(0.5, (0.7, 2.0), (0.7, 1.8))
    meter_box: PieceConfig = PieceConfig(0.4, (1.5, 5.0), (0.6, 1.1))
    bin: PieceConfig = PieceConfig(0.3, (5.0, 10.0), (0.55, 0.8))
    pipe: PieceConfig = PieceConfig(0.6, (80.0, 100.0), (0.005, 0.02))
    railing: PieceConfig = PieceConfig(0.4, (4.0, 12.0), (0.8, 3.0))
    window: PieceConfig = PieceConfig(1.5, (2.0, 14.0), (0.5, 1.5))
    fanlight: PieceConfig = PieceConfig(0.9, (1.2, 4.5), (1.6, 2.4))
    porthole: PieceConfig = PieceConfig(0.4, (0.8, 4.0), (0.5, 1.1))
    house_name: PieceConfig = PieceConfig(0.7, (0.25, 1.2), (4.0, 9.0))
    street_sign: PieceConfig = PieceConfig(0.5, (0.8, 2.5), (2.0, 5.0))
    car_plate: PieceConfig = PieceConfig(0.25, (0.6, 1.2), (3.8, 4.8))
    date: PieceConfig = PieceConfig(0.2, (0.4, 1.2), (2.2, 3.5))
    phone: PieceConfig = PieceConfig(0.2, (0.8, 3.0), (1.5, 3.0))
    notice: PieceConfig = PieceConfig(0.4, (0.8, 4.0), (0.5, 1.4))
    ornament: PieceConfig = PieceConfig(0.9, (0.6, 3.0), (0.6, 1.2))
    prefix: PieceConfig = PieceConfig(0.0, (0.4, 1.0), (0.9, 1.4))
    least_texels: float = 1.5  # half the height of the smallest thing that is drawn


@dataclass(frozen=True)
class GroundConfig:
    """Large objects that carry a number: a pane over a door, a letter box, a cabinet, a bin."""

    share: float = 0.1  # of the numbers in scenes
    growth: Range = (1.15, 3.0)  # half size of the thing, in half sizes of the number
    room: Range = (0.1, 1.0)  # added on every side, digit heights
    weights: tuple[tuple[str, float], ...] = (
        ("window", 1.0),
        ("fanlight", 0.6),
        ("letter_box", 1.0),
        ("meter_box", 1.0),
        ("porthole", 0.4),
        ("bin", 0.6),
        ("ornament", 0.4),
    )


@dataclass(frozen=True)
class CompanionConfig:
    """What hangs next to a number; lengths in digit heights."""

    share: float = 0.4  # of the numbers
    gap: Range = (0.06, 1.2)
    plate_gap: float = 0.35  # added where the number has a plate
    writing_gap: float = 0.35  # of "No" and names
    offset: float = 0.5  # spread of the shift along the number's side, in its half size
    side_weights: tuple[float, float, float, float] = (0.3, 0.3, 0.2, 0.2)  # left, right, above, below
    kinds: FurnitureConfig = FurnitureConfig(
        prefix=PieceConfig(2.0, (0.4, 1.0), (0.9, 1.4)),
        house_name=PieceConfig(1.5, (0.2, 0.7), (3.0, 8.0)),
        window=PieceConfig(0.8, (1.0, 6.0), (0.5, 1.5)),
        bin=PieceConfig(0.0, (5.0, 10.0), (0.55, 0.8)),
        pipe=PieceConfig(1.2, (80.0, 100.0), (0.002, 0.02)),
    )


@dataclass(frozen=True)
class FacadeConfig:
    """House fronts at the scale of a number; lengths in digit heights."""

    house_colour_share: float = 0.6  # walls in the colours of brick, render and paint; the others in the palette's
    brick_share: float = 0.45
    course: Range = (0.4, 1.1)  # height of a brick with its joint
    door_shares: tuple[float, float] = (0.5, 0.15)  # of a first and a second door
    door_width: Range = (7.0, 11.0)
    door_height: Range = (17.0, 22.0)
    door_frame: Range = (0.2, 1.0)
    door_relief: Range = (0.0, 0.03)
    panel_share: float = 0.75
    fields: int = 2  # boards, patches of another colour and other rectangles at most
    things: int = 6  # furniture in a photo at most
    thing_share: float = 0.5  # of those
    scale: Range = (0.6, 1.5)  # of the furniture, on the height of the photo's first number


@dataclass(frozen=True)
class FramingConfig:
    """Ranges of how photos frame numbers; lengths in shares of the photo unless stated otherwise."""

    weights: tuple[float, float, float, float, float] = (0.22, 0.38, 0.1, 0.1, 0.2)  # train, test, close, front, any
    aspect: Range = (0.6, 2.4)  # width / height of the photo
    test_aspect: Range = (1.4, 3.2)
    test_width: tuple[float, float] = (0.26, 0.5)  # median, and spread of its logarithm, where the height allows
    test_height: Range = (0.35, 0.97)
    close_width: Range = (0.55, 0.97)
    front_width: Range = (0.02, 0.12)
    any_width: Range = (0.03, 0.9)
    tallest: float = 0.85
    other_width: Range = (0.5, 1.6)  # of a second and third number, on the first's
    least_height: float = 8.0  # of a digit, texels of the canvas
    centred_share: float = 0.75
    centre: float = 0.08  # spread of a centred number's place
    native: Range = (0.5, 4.0)  # pixels of the photo for one of the canvas; in the archive's framings as there


@dataclass(frozen=True)
class SceneConfig:
    """Ranges of how photos are composed; lengths in shares of the photo unless stated otherwise."""

    count_weights: tuple[float, float, float, float] = (0.15, 0.68, 0.12, 0.05)  # of 0 ... 3 numbers in a photo
    photo_share: float = 0.4  # of the scenes, where street photos are given
    photo_zoom: Range = (0.15, 1.0)  # of a photo's side that a scene shows
    photo_things: float = 0.25  # of the furniture that fronts get, on photos
    framing: FramingConfig = field(default_factory=FramingConfig)
    facade: FacadeConfig = field(default_factory=FacadeConfig)
    furniture: FurnitureConfig = field(default_factory=FurnitureConfig)


@dataclass(frozen=True)
class StreetConfig:
    """Every parameter of the generator: how numbers are set, painted, seen and photographed."""

    layout: LayoutConfig = field(default_factory=LayoutConfig)
    paint: PaintConfig = field(default_factory=PaintConfig)
    view: ViewConfig = field(default_factory=ViewConfig)
    camera: CameraConfig = field(default_factory=CameraConfig)
    plaque: PlaqueConfig = field(default_factory=PlaqueConfig)
    ground: GroundConfig = field(default_factory=GroundConfig)
    companion: CompanionConfig = field(default_factory=CompanionConfig)
    scene: SceneConfig = field(default_factory=SceneConfig)
    negatives: float = 0.12  # share of crops without a number
    replaced: float = 0.75  # of those: a thing in the number's place, on its plate if it has one; else the bare place
    replacements: FurnitureConfig = FurnitureConfig(  # a crop's digits are its number: none with digits on them
        house_name=PieceConfig(1.5, (0.25, 1.2), (2.0, 7.0)),
        car_plate=PieceConfig(0.0, (1.0, 1.0), (4.0, 4.0)),
        date=PieceConfig(0.0, (1.0, 1.0), (3.0, 3.0)),
        phone=PieceConfig(0.0, (1.0, 1.0), (2.0, 2.0)),
        prefix=PieceConfig(0.6, (0.4, 1.0), (0.9, 1.4)),
    )
    crop_doors: float = 0.2  # share of crops with a part of a door behind
    cut_short: float = 0.75  # share of crops that reach beyond the photo's upper and lower edge, as real ones do
