import sys
from pathlib import Path

import pytest

from tools.audit_pins import ROOT, find_problems


def pins(folder: Path, requirements: str, constraints: str) -> list[str]:
    (folder / "requirements.txt").write_text(requirements)
    (folder / "constraints.txt").write_text(constraints)
    return [problem.split()[0] for problem in find_problems(folder)]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="some packages are left free for Python 3.10")
def test_every_package_of_the_project_is_pinned_to_a_version_that_fits():
    assert find_problems(ROOT) == []


def test_what_is_missing_or_does_not_fit_is_named(tmp_path):
    complete = "markupsafe==3.0.4  # needed by jinja2\n"
    assert pins(tmp_path, "jinja2==3.1.6\n", complete) == []
    assert pins(tmp_path, "Jinja2==3.1.6; python_version < '3'\n", "") == []
    assert pins(tmp_path, "jinja2==3.1.6\n", "") == ["markupsafe,"]
    assert pins(tmp_path, "jinja2==3.1.5\n", complete) == ["jinja2", "jinja2"]  # another is installed, and not allowed
    assert pins(tmp_path, "jinja2==3.1.6\n", complete + "jinja2==3.1.5\n") == ["jinja2", "jinja2"]
    assert pins(tmp_path, "jinja2==3.1.6\nno-such-package==1\n", complete) == ["no-such-package,"]
    assert pins(tmp_path, "pyjwt[crypto]\n", "pyjwt\ncryptography\ncffi\n") == ["pycparser,"]
