#!/bin/sh
# Makes sure that the browser tests find a Chromium: one on the PATH, else Debian's, else Playwright's own.
# Use: install_chromium.sh BIN, the folder of the virtual environment's programs.
set -u

found() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
        "$name" --version >/dev/null 2>&1 && return 0
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

found && exit 0
if command -v apt-get >/dev/null && as_root true 2>/dev/null; then
    echo "No Chromium on the PATH: installing Debian's with apt-get, about 400 MB and two minutes."
    as_root apt-get update -qq
    for name in chromium-headless-shell chromium; do # the first is smaller and quicker; older releases lack it
        DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends $name fonts-liberation
        found && exit 0
    done
    exec "$1/playwright" install --with-deps chromium
fi
echo "No Chromium on the PATH: fetching Playwright's own, about 170 MB and a minute."
exec "$1/playwright" install chromium
