import subprocess
import sys

import pytest

import svhn


def test_every_public_name_is_there_and_another_is_an_attribute_error():
    assert all(callable(getattr(svhn, name)) for name in svhn.__all__)
    with pytest.raises(AttributeError, match="'Nothing'"):
        svhn.Nothing  # noqa: B018


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [("svhn", {"torch", "PIL"}), ("svhn.pipeline, svhn.batch.local", {"torchvision", "torch._dynamo"})],
    ids=["the package", "service"],
)
def test_importing_does_not_import_what_takes_long(modules, unwanted):
    code = f"import sys, {modules}; sys.exit(bool({unwanted} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
