"""Draws the example photos and writes labels.csv: `python -m tools.make_examples.scenes`.

Twelve streets that do not exist, from easy to hopeless. Seeds are fixed, so the pictures stay the same.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from .objects import (
    CONDENSED,
    OLD,
    SANS,
    SERIF,
    SLANTED,
    TYPED,
    bevel,
    disc,
    door,
    flap,
    frame,
    lamp,
    number,
    panel,
    plate,
    screw,
    window,
)
from .surface import Camera, Light, Rng, Surface, brick, linear, noise, planks, shoot, stucco

EXAMPLES = Path(__file__).parents[2] / "demo" / "examples"
WALL = (1400, 1050)  # pixels of a painted wall; the camera sees about 800 of them
QUALITY = 80

RED, YELLOW, GREY = linear(150, 82, 62), linear(196, 170, 124), linear(128, 126, 122)
MORTAR, WHITE, BLACK = linear(186, 178, 164), linear(240, 238, 230), linear(24, 24, 26)
ENAMEL, BRASS, IRON = linear(22, 52, 116), linear(206, 166, 84), linear(36, 36, 40)

Scene = Callable[[Rng], tuple[Surface, Light, Camera]]


def enamel_plate(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = brick(rng, WALL, 430, RED, MORTAR)
    plate(wall, rng, (450, 360, 950, 690), ENAMEL, rim=WHITE, radius=26, domed=14, gloss=0.45)
    number(wall, "42", SANS, (700, 525), 190, WHITE, gloss=0.45, spread=0.86)
    return wall, Light(), Camera(yaw=9, pitch=-4, roll=1, zoom=0.78)


def brass_digits(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = planks(rng, WALL, 250, linear(34, 74, 62), upright=True, paint=0.9)
    number(wall, "128", OLD, (690, 470), 250, BRASS, thick=14, soft=9, gloss=0.7)
    flap(wall, (430, 830, 960, 930))
    return wall, Light(sun=(-0.5, -0.75, 0.7)), Camera(yaw=-6, pitch=3, zoom=0.82, look=(0.49, 0.52))


def single_tile(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = stucco(rng, WALL, linear(214, 188, 150), grain=9, depth=2.0)
    plate(
        wall,
        rng,
        (560, 330, 850, 680),
        linear(236, 232, 220),
        rim=linear(40, 84, 140),
        radius=8,
        screws=False,
        gloss=0.6,
    )
    number(wall, "7", SERIF, (705, 505), 190, linear(30, 66, 124), gloss=0.6)
    return wall, Light(sun=(0.6, -0.5, 0.6)), Camera(yaw=-14, pitch=-6, roll=-2, zoom=0.8, look=(0.5, 0.48))


def five_digits(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = planks(rng, WALL, 190, linear(150, 128, 100), upright=False, paint=0.25)
    plate(wall, rng, (250, 400, 1150, 650), linear(40, 42, 46), radius=10, gloss=0.25)
    number(wall, "30517", CONDENSED, (700, 525), 140, linear(232, 232, 228), thick=5, soft=4, gloss=0.3)
    return wall, Light(leaves=0.75), Camera(yaw=7, pitch=2, roll=-1, zoom=0.86)


def at_the_edge(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = brick(rng, WALL, 300, YELLOW, MORTAR)
    frame(wall, (-60, 140, 500, 1400), 60, linear(218, 214, 204), 14)
    inside = panel(wall.size, (-60, 140, 500, 1400), 2)
    wall.lay(inside, linear(94, 32, 34) * (1 + 0.04 * noise(rng, WALL, (6, 200), 4))[..., None], -16.0, 0.35)
    plate(wall, rng, (1010, 250, 1230, 400), WHITE, rim=BLACK, radius=10, gloss=0.4)
    number(wall, "93", TYPED, (1120, 325), 82, BLACK, gloss=0.4)
    return wall, Light(sun=(-0.7, -0.45, 0.55)), Camera(yaw=-5, pitch=4, zoom=0.9)


def tilted(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = stucco(rng, WALL, linear(160, 172, 176), grain=14, depth=2.6)
    number(wall, "63", SLANTED, (700, 530), 250, IRON, thick=16, soft=10, gloss=0.35, turn=4)
    return wall, Light(sun=(-0.8, -0.35, 0.5)), Camera(yaw=27, pitch=-10, roll=-17, zoom=0.6)


def glare(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = planks(rng, WALL, 170, linear(206, 204, 198), upright=True, paint=0.95)
    plate(wall, rng, (420, 350, 980, 680), linear(60, 62, 66), radius=18, gloss=0.95, domed=10)
    number(wall, "215", CONDENSED, (700, 515), 190, linear(206, 208, 210), thick=6, soft=5, gloss=0.9)
    return wall, Light(spot=(0.565, 0.345, 0.06, 2.6)), Camera(yaw=12, pitch=5, zoom=0.78)


def dusk(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = brick(rng, WALL, 330, linear(118, 66, 54), GREY)
    lamp(wall, (980, 330), 170, lit=True)
    number(wall, "86", OLD, (610, 560), 210, linear(222, 214, 190), thick=9, soft=6, gloss=0.2)
    light = Light(
        sun=(0.75, -0.45, 0.5),
        sun_colour=(0.30, 0.20, 0.09),
        sky_colour=(0.035, 0.045, 0.075),
        spot=(0.7, 0.31, 0.16, 0.9),
    )
    return wall, light, Camera(yaw=-8, pitch=3, zoom=0.82, noise=0.05, blur=0.9, look=(0.53, 0.5))


def shaken(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = stucco(rng, WALL, linear(190, 186, 176), grain=6)
    plate(wall, rng, (500, 400, 900, 640), linear(196, 62, 44), radius=60, gloss=0.3, screws=False)
    number(wall, "394", SANS, (700, 520), 120, WHITE, gloss=0.3, spread=0.8)
    light = Light(exposure=0.55)
    return wall, light, Camera(yaw=5, roll=4, zoom=0.9, blur=2.2, motion=(25, 24), noise=0.045)


def across_the_street(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = brick(rng, WALL, 84, RED, MORTAR)
    window(wall, rng, (120, 190, 420, 620), (2, 2))
    window(wall, rng, (1050, 190, 1300, 620), (2, 2))
    door(wall, rng, (610, 250, 890, 900), linear(28, 62, 92))
    step = panel(wall.size, (540, 915, 960, 1000), 3)
    wall.lay(step, linear(170, 166, 156), bevel(step, 22, 8), 0.05)
    pavement = panel(wall.size, (-10, 985, 1410, 1060), 1)
    wall.lay(pavement, linear(118, 116, 112) * (1 + 0.05 * noise(rng, WALL, 20, 4))[..., None], 12.0, 0.05)
    lamp(wall, (985, 350), 40, lit=False)
    plate(wall, rng, (955, 440, 1021, 484), WHITE, radius=5, thick=4, screws=False, gloss=0.3)
    number(wall, "59", SANS, (988, 462), 27, BLACK, gloss=0.3)
    return wall, Light(sun=(-0.6, -0.7, 0.5)), Camera(yaw=6, pitch=2, zoom=0.94, look=(0.5, 0.52), blur=0.7)


def two_numbers(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = brick(rng, WALL, 240, linear(172, 164, 152), linear(120, 116, 108))
    plate(wall, rng, (250, 340, 620, 610), WHITE, rim=ENAMEL, radius=20, domed=8)
    number(wall, "12", SERIF, (435, 475), 140, ENAMEL, gloss=0.4)
    plate(wall, rng, (880, 430, 1090, 580), linear(44, 92, 66), radius=10)
    number(wall, "14", SANS, (985, 505), 76, WHITE, gloss=0.4, counts=False)
    return wall, Light(leaves=0.6), Camera(yaw=-10, pitch=-3, zoom=0.8, look=(0.47, 0.48))


def no_number(rng: Rng) -> tuple[Surface, Light, Camera]:
    wall = stucco(rng, WALL, linear(206, 198, 180), grain=5)
    door(wall, rng, (480, 170, 880, 1100), linear(126, 40, 38))
    window(wall, rng, (1080, 240, 1340, 640), (2, 3))
    lamp(wall, (330, 420), 90, lit=False)
    bell = disc(wall.size, (985, 560), 17)
    wall.lay(bell, BRASS, bevel(bell, 8, 10), 0.8)
    screw(wall, (985, 515), 5)
    return wall, Light(sun=(-0.45, -0.6, 0.7), leaves=0.5), Camera(yaw=-7, pitch=2, zoom=0.92, look=(0.5, 0.5))


SCENES: dict[str, tuple[str, str, Scene]] = {
    "plate-42": ("Clear plate", "42", enamel_plate),
    "brass-128": ("Brass on a door", "128", brass_digits),
    "tile-7": ("One digit", "7", single_tile),
    "long-30517": ("Five digits", "30517", five_digits),
    "edge-93": ("At the edge", "93", at_the_edge),
    "two-12": ("Two numbers", "12", two_numbers),
    "tilted-63": ("Tilted", "63", tilted),
    "glare-215": ("Glare", "215", glare),
    "dusk-86": ("At dusk", "86", dusk),
    "tiny-59": ("Tiny", "59", across_the_street),
    "shaken-394": ("Shaken", "394", shaken),
    "none": ("No number", "", no_number),
}


def main() -> None:
    rows = []
    for seed, (name, (title, text, scene)) in enumerate(SCENES.items()):
        rng = np.random.default_rng(seed)
        photo, box = shoot(*scene(rng), rng)
        cv2.imwrite(str(EXAMPLES / f"{name}.jpg"), photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        rows.append([f"{name}.jpg", text, title, *(box or [""] * 4)])
    with (EXAMPLES / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([["file", "number", "title", "x1", "y1", "x2", "y2"], *rows])


if __name__ == "__main__":
    main()
