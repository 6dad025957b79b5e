"""Check the pins of requirements*.txt and constraints.txt, and list those that have a newer release.

    python -m tools.audit_pins

Every package that the requirements need, directly or in turn, is pinned in one of the files, to one version, which is
the installed one and which every package that needs it allows. The exit code is 1 where that is not so, or where
pip-audit, if it is installed and reaches its data, knows of a hole. Newer releases are listed, and are no error. Run it
in an environment made from requirements-dev.txt, because what is not installed cannot be asked what it needs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = "constraints.txt"


def read_pins(path: Path) -> list[Requirement]:
    """The requirements of a file, without those of files that it includes. Raises InvalidRequirement."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def find_problems(folder: Path) -> list[str]:
    """What is wrong with the pins of the folder's files, a sentence each."""
    files = {path.name: read_pins(path) for path in [*sorted(folder.glob("requirements*.txt")), folder / CONSTRAINTS]}
    pins: dict[str, dict[str, SpecifierSet]] = defaultdict(dict)  # package -> file -> version
    mentioned = {canonicalize_name(pin.name) for listed in files.values() for pin in listed}
    for file, listed in files.items():
        for pin in listed:
            if not pin.marker or pin.marker.evaluate():
                pins[canonicalize_name(pin.name)][file] = pin.specifier
    direct = [pin for file, listed in files.items() if file != CONSTRAINTS for pin in listed]
    return sorted({*_contradictions(pins), *_unmet(direct, pins, mentioned)})


def _contradictions(pins: dict[str, dict[str, SpecifierSet]]) -> Iterator[str]:
    for name, by_file in pins.items():
        if len(set(by_file.values())) > 1:
            yield f"{name} is pinned differently: " + ", ".join(f"{spec} in {file}" for file, spec in by_file.items())


def _unmet(direct: list[Requirement], pins: dict[str, dict[str, SpecifierSet]], mentioned: set[str]) -> Iterator[str]:
    """Walk from the direct requirements to everything that they need."""
    waiting, seen = [(need, "", "the requirements") for need in direct], set()
    needed_by, pinned = {}, set(mentioned)
    while waiting:
        need, extra, by = waiting.pop()
        name = canonicalize_name(need.name)
        if (need.marker and not need.marker.evaluate({"extra": extra})) or (str(need), extra, by) in seen:
            continue
        seen.add((str(need), extra, by))
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            yield f"{name}, needed by {by}, is not installed."
            continue
        needed_by[name] = by
        if any(part.operator == "==" for part in need.specifier):  # as torch does with what CUDA needs
            pinned.add(name)
        for spec in pins[name].values():
            if not spec.contains(installed.version, prereleases=True):
                yield f"{name} is pinned to {spec}, but {installed.version} is installed."
        if not need.specifier.contains(installed.version, prereleases=True):
            yield f"{name} {installed.version} is installed, but {by} needs {need.specifier}."
        for required in map(Requirement, installed.requires or ()):
            waiting += [(required, wanted, name) for wanted in ("", *need.extras)]
    for name in needed_by.keys() - pinned:
        yield f"{name}, needed by {needed_by[name]}, is not pinned."


def list_outdated() -> str:
    """A table of the installed packages that have a newer release in the configured index, by pip."""
    found = json.loads(_pip("list", "--outdated", "--format", "json"))
    return "\n".join(f"{row['name']:<40} {row['version']:>16}  ->  {row['latest_version']}" for row in found)


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def find_holes() -> list[str] | None:
    """Known holes of the installed packages, by pip-audit; None where it is missing or does not reach its data."""
    if not find_spec("pip_audit"):
        return None
    command = [sys.executable, "-m", "pip_audit", "--local", "--format", "json", "--progress-spinner", "off"]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    try:
        packages = json.loads(ended.stdout)["dependencies"]
    except ValueError:
        return None
    return [
        f"{package['name']} {package['version']} has the hole {hole['id']}; mended in {', '.join(hole['fix_versions'])}"
        for package in packages
        for hole in package.get("vulns", ())
    ]


def main() -> int:
    problems, holes = find_problems(ROOT), find_holes()
    try:
        print(list_outdated() or "No package has a newer release.")
    except subprocess.CalledProcessError:
        print("The index cannot be reached, so newer releases are not known.")
    if holes is None:
        print("pip-audit is not installed or does not reach its data, so known holes were not looked for.")
    print("\n".join([*problems, *(holes or ())]) or "Every package is pinned, to a version that fits.")
    return 1 if problems or holes else 0


if __name__ == "__main__":
    sys.exit(main())
