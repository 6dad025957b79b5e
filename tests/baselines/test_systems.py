"""The table of the five documents' systems: complete, and of recipes that there are."""

import re

import pytest

from svhn.baselines.documents import DOCUMENTS, THIS_PROJECT
from svhn.baselines.systems import DIGITS, LENGTH_CHECK, LOCALIZER, PIPELINE, READER, STRIPS, SYSTEMS, select_systems
from svhn.models import DIGITS as NAMING
from svhn.models import LOCALIZERS, READERS
from svhn.training.recipes import MNIST, RECIPES
from svhn.utils.errors import DataError


@pytest.mark.parametrize("row", SYSTEMS, ids=lambda row: row.name)
def test_a_row_is_made_of_recipes_that_there_are(row):
    assert row.networks
    assert set(row.networks.values()) <= set(RECIPES)
    if row.localizer not in ("", "whole"):
        assert RECIPES[row.localizer].network in LOCALIZERS
    if row.reader:
        assert RECIPES[row.reader].network in (NAMING if row.kind == DIGITS else READERS)
    if row.counter:
        assert RECIPES[row.counter].sizes["count"]
    parts = {
        READER: ("reader",),
        DIGITS: ("reader",),
        STRIPS: ("reader",),
        LOCALIZER: ("localizer",),
        PIPELINE: ("localizer", "reader"),
        LENGTH_CHECK: ("localizer", "reader", "counter"),
    }[row.kind]
    assert all(getattr(row, part) for part in parts)
    assert (row.data_set == "MNIST") <= (RECIPES[row.reader or "fcos"].data == MNIST)


def test_every_recipe_is_in_a_row():
    assert {name for row in SYSTEMS for name in row.networks.values()} == set(RECIPES)


def test_every_document_has_rows_and_every_row_a_document_of_it_in_order():
    assert list(dict.fromkeys(row.document for row in SYSTEMS)) == [document.number for document in DOCUMENTS]


def test_names_are_those_of_files_and_there_is_one_of_each():
    names = [row.name for row in SYSTEMS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)


def test_words_fit_into_a_table():
    assert not any(
        "|" in word or "\n" in word for row in SYSTEMS for word in (row.title, row.claim, row.note, row.missing)
    )
    assert all(row.note or row.document == THIS_PROJECT for row in SYSTEMS)


def test_rows_are_chosen_by_name_in_the_tables_order():
    assert select_systems([]) == SYSTEMS
    assert [row.name for row in select_systems(["strips", "goodfellow"])] == ["goodfellow", "strips"]
    with pytest.raises(DataError, match="no row 'lenet'; choose from goodfellow"):
        select_systems(["strips", "lenet"])
