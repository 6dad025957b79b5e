import dataclasses
import json

import pytest

from svhn.data.augment import Appearance
from svhn.data.crop_augment import CropJitter
from svhn.data.scene_augment import SceneJitter
from svhn.training.recipes import RECIPES, Recipe


def _through_json(recipe: Recipe) -> dict:
    return json.loads(json.dumps(dataclasses.asdict(recipe)))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_survives_json(name):
    assert Recipe.of(_through_json(RECIPES[name])) == RECIPES[name]


def test_a_field_that_an_old_record_lacks_also_of_jitter_has_its_default():
    for field in dataclasses.fields(Recipe)[4:]:
        values = _through_json(RECIPES["compact_synthetic"])
        del values[field.name]
        default = getattr(Recipe("compact", 1, 1, 1.0), field.name)
        assert Recipe.of(values) == dataclasses.replace(RECIPES["compact_synthetic"], **{field.name: default})
    look = Appearance(noise=0.9)
    recipe = dataclasses.replace(
        RECIPES["fcos"], crop_jitter=CropJitter(margin=0.9, look=look), scene_jitter=SceneJitter(absent=0.9)
    )
    values = _through_json(recipe)
    del values["crop_jitter"]["loose"], values["crop_jitter"]["look"]["erased"], values["scene_jitter"]["look"]
    assert Recipe.of(values) == recipe
    assert Recipe.of(values).crop_jitter.margin_range == (-0.06, 0.45)  # a tuple again


def test_a_field_that_there_is_not_is_refused():
    for place in (lambda recipe: recipe["crop_jitter"], lambda recipe: recipe["scene_jitter"]["look"]):
        place(values := _through_json(RECIPES["fcos"]))["warmth"] = 1
        with pytest.raises(TypeError, match="has no warmth"):
            Recipe.of(values)
