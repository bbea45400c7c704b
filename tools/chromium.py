"""Find the Chromium that the browser tests and the screenshots drive, or install one.

`python -m tools.chromium` prints its path; with `--install` it installs one first where there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
INSTALL_TIMEOUT_S = 600


def find_chromium() -> str | None:
    """The path of a Chromium: the CHROMIUM variable's, one on PATH, or Playwright's own; else None."""
    given = os.environ.get("CHROMIUM")
    if given:
        return shutil.which(given)
    on_path = (shutil.which(name) for name in NAMES)
    return next((path for path in on_path if path), None) or _playwright_chromium()


def _playwright_chromium() -> str | None:
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return next((str(p) for p in sorted(folder.glob("chromium-*/chrome-linux*/chrome"), reverse=True)), None)


def install_chromium() -> str:
    """Install a Chromium and return its path: the system's package where we are root, else Playwright's.

    RuntimeError, with the last lines of what the installers said, where neither can.
    """
    said = []
    apt = shutil.which("apt-get")
    steps = [[apt, "update", "-q"], [apt, "install", "-y", "-q", "chromium"]] if apt and os.geteuid() == 0 else []
    for step in (steps, [[sys.executable, "-m", "playwright", "install", "chromium"]]):
        for command in step:
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, stdin=subprocess.DEVNULL)
            except (OSError, subprocess.TimeoutExpired) as e:
                said.append(str(e))
                break
            said += (done.stdout + done.stderr).splitlines()[-3:]
            if done.returncode:
                break
        found = find_chromium()
        if found:
            return found
    raise RuntimeError("no Chromium could be installed: " + " | ".join(said[-6:]))


def main() -> int:
    """Print the path, exit code 1 where there is none."""
    found = find_chromium()
    try:
        found = found or (install_chromium() if "--install" in sys.argv[1:] else None)
    except RuntimeError as e:
        print(e, file=sys.stderr)
    if found:
        print(found)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
