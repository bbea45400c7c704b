"""Serving the dashboard: start Streamlit, say when it answers, end it cleanly."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import FrameType

from pipeline.columns import is_large
from pipeline.errors import DatelineError, SettingsError
from pipeline.settings import ROOT, Settings

# A cold start reads a few hundred megabytes of libraries from a slow disk.
START_TIMEOUT_S = 120
# Streamlit waits for open browser sessions; after this we insist.
STOP_TIMEOUT_S = 8


def check_port(host: str, port: int) -> None:
    """SettingsError where nothing can be served on this address, as when the port is taken."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as e:
        raise SettingsError(f"cannot serve on {host} port {port}: {e.strerror}; choose another with --port") from e


def serve(settings: Settings, *, host: str, port: int, ready: Callable[[str], None]) -> int:
    """Serve until SIGTERM or Ctrl-C; calls `ready` with the address once it answers. Returns the exit code, 0 when asked to stop.

    The columns of a large store are brought up to date first, so that no page has to wait for them.
    """
    command = [
        sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "app.py"),
        "--server.headless=true", f"--server.port={port}", f"--server.address={host}",
        "--browser.gatherUsageStats=false", "--logger.level=warning",
    ]  # fmt: skip
    env = os.environ | {"DATELINE_STORE": str(settings.store), "DATELINE_CACHE": str(settings.cache)}
    # A session of its own, so that Ctrl-C in the terminal reaches the server once, through us.
    read = [sys.executable, "-m", "pipeline.columns", str(settings.store), str(settings.cache)]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, start_new_session=True) as server:
        reader = subprocess.Popen(read, cwd=ROOT, start_new_session=True) if is_large(settings.store) else None
        stopping = False

        def stop(_signal: int, _frame: FrameType | None) -> None:
            nonlocal stopping
            stopping = True
            if reader:
                reader.terminate()
            server.terminate()

        before = {s: signal.signal(s, stop) for s in (signal.SIGTERM, signal.SIGINT)}
        try:
            shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::1", "::") else host  # noqa: S104 - only compared
            if _wait_until_up(server, f"http://{_probe_host(host)}:{port}/_stcore/health"):
                if reader:
                    reader.wait()
                if not stopping:
                    ready(f"http://{shown}:{port}")
            while server.poll() is None:
                try:
                    server.wait(STOP_TIMEOUT_S if stopping else None)
                except subprocess.TimeoutExpired:
                    server.kill()
        finally:
            if server.poll() is None:
                server.kill()
            if reader:
                reader.kill()
                reader.wait()
            for number, handler in before.items():
                signal.signal(number, handler)
        if stopping:
            return 0
        raise DatelineError(f"the dashboard's server stopped by itself (exit code {server.returncode})")


def _probe_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - only compared
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _wait_until_up(server: subprocess.Popen[bytes], health: str) -> bool:
    """True when the server answers; False when it ended first or took longer than START_TIMEOUT_S."""
    # The check is of our own server: a proxy set in the environment has no part in it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + START_TIMEOUT_S
    while server.poll() is None and time.monotonic() < until:
        try:
            with opener.open(health, timeout=2) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False
