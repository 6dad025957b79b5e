"""Recipes: each is valid, survives JSON, and what an old record does not say has its default."""

import dataclasses
import json

import pytest

from svhn.data.augment import Appearance
from svhn.data.crop_augment import CropJitter
from svhn.data.scene_augment import SceneJitter
from svhn.models import DIGITS, LOCALIZERS, NETWORKS
from svhn.training.recipes import CLASSIFY_DIGITS, MNIST, READ_STRIPS, RECIPES, SVHN, Recipe
from svhn.training.tasks import TASKS


def _through_json(recipe: Recipe) -> dict:
    return json.loads(json.dumps(dataclasses.asdict(recipe)))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_survives_json(name):
    assert Recipe.of(_through_json(RECIPES[name])) == RECIPES[name]


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_names_what_there_is(name):
    recipe = RECIPES[name]
    known = {field.name for field in dataclasses.fields(NETWORKS[recipe.network][1])}
    assert set(recipe.sizes) <= known
    assert recipe.task in TASKS
    assert (recipe.data == MNIST) == (recipe.task in (READ_STRIPS, CLASSIFY_DIGITS))
    assert (recipe.network in LOCALIZERS) == TASKS[recipe.task].scenes
    assert (recipe.network in DIGITS) == (recipe.task == CLASSIFY_DIGITS)
    assert recipe.data in (SVHN, MNIST)
    assert recipe.box_loss in ("l2", "dice")
    assert recipe.begins_with in ("", "imagenet", "efficientnet_lite0", *(set(RECIPES) - {name}))
    assert recipe.steps >= recipe.epoch_steps


@pytest.mark.parametrize("name", RECIPES)
def test_a_record_from_before_recipes_named_their_task_can_be_resumed(name):
    values = _through_json(RECIPES[name])
    del values["task"]
    assert Recipe.of(values) == RECIPES[name]


@pytest.mark.parametrize("lost", [f.name for f in dataclasses.fields(Recipe)][4:])
def test_a_field_that_an_old_record_lacks_has_its_default(lost):
    values = _through_json(RECIPES["compact_synthetic"])
    del values[lost]
    default = getattr(Recipe("compact", 1, 1, 1.0), lost)
    assert Recipe.of(values) == dataclasses.replace(RECIPES["compact_synthetic"], **{lost: default})


def test_fields_that_an_old_record_of_jitter_lacks_have_their_defaults():
    look = Appearance(noise=0.9)
    recipe = dataclasses.replace(
        RECIPES["fcos"], crop_jitter=CropJitter(margin=0.9, look=look), scene_jitter=SceneJitter(absent=0.9)
    )
    values = _through_json(recipe)
    del values["crop_jitter"]["loose"], values["crop_jitter"]["look"]["erased"], values["scene_jitter"]["look"]
    assert Recipe.of(values) == recipe
    assert Recipe.of(values).crop_jitter.margin_range == (-0.06, 0.45)  # a tuple again


@pytest.mark.parametrize("place", [(), ("crop_jitter",), ("scene_jitter", "look")])
def test_a_field_that_there_is_not_is_refused(place):
    values = inner = _through_json(RECIPES["fcos"])
    for key in place:
        inner = inner[key]
    inner["warmth"] = 1
    with pytest.raises(TypeError, match="has no warmth"):
        Recipe.of(values)


def test_the_documents_logistic_regression_takes_digits_as_they_are():
    assert [name for name, recipe in RECIPES.items() if not recipe.redrawn] == ["mnist_logistic"]
