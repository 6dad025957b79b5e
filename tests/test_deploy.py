"""What the container and the pins say agrees with the project: its files, names, ports and packages."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.audit_pins import ROOT, find_problems

DEPLOY = ROOT / "deploy"
HADOLINT = Path(sys.executable).with_name("hadolint")


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is not installed: pip install -r requirements-dev.txt")
def test_the_linter_has_no_complaint():
    done = subprocess.run([HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_image_has_what_the_page_needs_and_is_not_root():
    text = (ROOT / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE)
    names = {name.strip("/") for line in copied for name in line.split()}
    assert names == {"requirements.txt", "constraints.txt", "app.py", "svhn", "demo", "weights"}
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert names == {line[1:] for line in ignored if line.startswith("!")}
    assert re.search(r"^USER [1-9]\d*$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text


def test_the_proxy_knows_every_replica():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    replicas = set(services) - {"proxy"}
    config = (DEPLOY / "proxy.conf").read_text()
    assert set(re.findall(r"server (\S+):7860", config)) == replicas == set(services["proxy"]["depends_on"])
    assert len(replicas) == 2
    port = re.search(r"listen (\d+)", config)[1]
    assert services["proxy"]["ports"] == [f"{port}:{port}"]


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed: apt-get install nginx-light")
def test_nginx_takes_the_configuration(tmp_path):
    config = re.sub(r"page-\d:", "127.0.0.1:", (DEPLOY / "proxy.conf").read_text())
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid; events {{}} http {{ access_log off; {config} }}")
    done = subprocess.run(["nginx", "-t", "-e", tmp_path / "log", "-c", whole], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


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
