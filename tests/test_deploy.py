"""The container's files: hadolint has no complaint, nginx takes the proxy's configuration, and names agree."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
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
