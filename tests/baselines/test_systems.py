import re

import pytest

from svhn.baselines.founding_documents import DOCUMENTS
from svhn.baselines.systems import SYSTEMS, select_systems
from svhn.training.recipes import RECIPES
from svhn.utils.errors import DataError


def test_every_recipe_is_in_a_row_and_every_row_in_a_document():
    assert {name for row in SYSTEMS for name in row.networks.values()} == set(RECIPES)
    assert list(dict.fromkeys(row.document for row in SYSTEMS)) == [document.number for document in DOCUMENTS]
    names = [row.name for row in SYSTEMS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)  # they are files' names


def test_rows_are_chosen_by_name_in_the_tables_order():
    assert select_systems([]) == SYSTEMS
    assert [row.name for row in select_systems(["strips", "goodfellow"])] == ["goodfellow", "strips"]
    with pytest.raises(DataError, match="no row 'lenet'; choose from goodfellow"):
        select_systems(["strips", "lenet"])
