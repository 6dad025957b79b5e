"""The package's public names, imported when they are used."""

import subprocess
import sys

import pytest

import svhn


def test_every_public_name_is_there():
    assert all(callable(getattr(svhn, name)) for name in svhn.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'Nothing'"):
        svhn.Nothing  # noqa: B018


def test_importing_the_package_does_not_import_torch():
    code = "import sys, svhn; sys.exit('torch' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_service_starts_without_torchvision():
    """Importing it takes as long as importing torch."""
    code = "import sys, svhn.pipeline, svhn.batch; sys.exit(bool({'torchvision', 'torch._dynamo'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
