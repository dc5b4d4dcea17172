"""Programs that are started, what they log, and what dead demos have left."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PREFIX = "authx-demo-"
PATIENCE_SECS = 40


class Failed(Exception):
    """Something other than a login went wrong; the text says what."""


class Program:
    """A program that goes on running. Its log is a file, so that it outlives the demo."""

    def __init__(self, command, log, directory=None, environment=None):
        self.words, self.log = list(map(str, command)), Log(log)
        self.directory, self.environment = directory, environment
        self.process = None

    def start(self):
        with open(self.log.path, "ab") as log:
            # A session of its own: Ctrl-C is for the demo, which then stops all in order.
            self.process = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, cwd=self.directory, env=self.environment)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def tell_to_stop(self):
        if self.is_running():
            self.process.terminate()

    def stop(self):
        self.tell_to_stop()
        if self.process is None:
            return
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def says(self, mark, is_it):
        """Waits for such a line after the mark, and gives it. A text stands for lines with it."""
        if isinstance(is_it, str):
            return self.says(mark, lambda line: is_it in line)
        deadline = time.monotonic() + PATIENCE_SECS
        while time.monotonic() < deadline:
            running = self.is_running()
            for line in self.log.since(mark):
                if is_it(line):
                    return line
            if not running:
                break
            time.sleep(0.005)
        raise Failed(f"{self.log.path.name} does not say what it should:\n{self.log.end()}")


class Log:
    """What a program says, as it says it."""

    def __init__(self, path):
        self.path = path

    def mark(self):
        """The end as it is now."""
        return self.path.stat().st_size if self.path.exists() else 0

    def since(self, mark):
        """The whole lines that were said since."""
        with open(self.path, "rb") as file:
            file.seek(mark)
            text = file.read()
        return text[:text.rfind(b"\n") + 1].decode(errors="replace").splitlines()

    def end(self, lines=20):
        if not self.path.exists():
            return ""
        return "\n".join(self.path.read_text(errors="replace").splitlines()[-lines:])


def run(command, typed=None):
    """Runs a program to its end and gives what it printed."""
    done = subprocess.run(list(map(str, command)), input=typed or "", text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        shown = " ".join(map(str, command))
        raise Failed(f"`{shown}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def say(text):
    print(text, file=sys.stderr, flush=True)


def directory():
    """A directory whose name says which demo it belongs to."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def left_behind(place):
    """The names in a directory that belong to demos which were killed."""
    for name in sorted(os.listdir(place)) if os.path.isdir(place) else []:
        owner = name.removeprefix(PREFIX).split("-")[0] if name.startswith(PREFIX) else ""
        # Another program may have got its number since.
        if owner.isdigit() and "demo.py" not in command_line(Path("/proc", owner)):
            yield Path(place, name)


def sweep_directories():
    """Ends what runs for demos that were killed, and removes their directories."""
    for left in left_behind(tempfile.gettempdir()):
        for running in Path("/proc").iterdir():
            if running.name.isdigit() and f"{left}/" in command_line(running):
                try:
                    os.kill(int(running.name), signal.SIGKILL)
                except OSError:
                    # It has ended, or is somebody else's.
                    continue
        shutil.rmtree(left, ignore_errors=True)


def command_line(running):
    try:
        return (running / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
