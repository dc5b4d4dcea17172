"""What scripts print, told apart by the server that runs them.

Access Server's log takes whatever a script prints. Here several servers live in one process and
each runs its script in several threads, so the standard streams are replaced by some that look at
the thread: its server, or the server of the thread that started it.
"""

import sys
import threading

_lock = threading.Lock()
_start_of_threads = threading.Thread.start
_attached = []
_replaced = []


class Log(object):
    """The lines of one server, each whole even when many threads print at once."""

    def __init__(self):
        self._lock = threading.Lock()
        self._lines = []
        self._begun = {}

    def write(self, text):
        """Takes what a `print` writes.

        Raises UnicodeEncodeError on Python 2.7 for unicode text that is not ASCII, as a daemon's
        log would there.
        """
        if not isinstance(text, str):
            text = text.encode("ascii")
        thread = threading.current_thread()
        with self._lock:
            whole, newline, rest = (self._begun.pop(thread, "") + text).rpartition("\n")
            if newline:
                self._lines.append(whole + newline)
            if rest:
                self._begun[thread] = rest

    @property
    def text(self):
        """All that was printed so far."""
        with self._lock:
            return "".join(self._lines) + "".join(self._begun.values())


class Printing(object):
    """`with Printing(log):` what this thread, and threads it starts, print goes to the log."""

    def __init__(self, log):
        self._log = log

    def __enter__(self):
        thread = threading.current_thread()
        self._before = getattr(thread, "prints_to", None)
        thread.prints_to = self._log

    def __exit__(self, *_):
        threading.current_thread().prints_to = self._before


class _Stream(object):
    def __init__(self, real):
        self._real = real

    def write(self, text):
        log = getattr(threading.current_thread(), "prints_to", None)
        return self._real.write(text) if log is None else log.write(text)

    def flush(self):
        self._real.flush()

    # Where Python 2 keeps whether the next item of a `print` needs a space before it.
    @property
    def softspace(self):
        return getattr(threading.current_thread(), "softspace", 0)

    @softspace.setter
    def softspace(self, value):
        threading.current_thread().softspace = value

    def __getattr__(self, name):
        return getattr(self._real, name)


def _start(thread):
    thread.prints_to = getattr(threading.current_thread(), "prints_to", None)
    return _start_of_threads(thread)


def attach(log):
    """From now on output is told apart, until as many `detach` as `attach` were called."""
    with _lock:
        if not _attached:
            threading.Thread.start = _start
            _replaced[:] = [sys.stdout, sys.stderr]
            sys.stdout, sys.stderr = _Stream(sys.stdout), _Stream(sys.stderr)
        _attached.append(log)


def detach(log):
    """The streams are as before when the last server is closed."""
    with _lock:
        if log not in _attached:
            return
        _attached.remove(log)
        if not _attached:
            threading.Thread.start = _start_of_threads
            # Whoever replaced a stream meanwhile puts back what stood there before.
            if isinstance(sys.stdout, _Stream):
                sys.stdout = _replaced[0]
            if isinstance(sys.stderr, _Stream):
                sys.stderr = _replaced[1]
