"""The threads in which scripts run, or the one that they block."""

import threading
import time

try:
    import queue
except ImportError:
    import Queue as queue

from challenges import now

# A script that blocks the whole server has this long, which is far more than it needs.
BLOCKED_SECS = 1.0


class Pool(object):
    """Threads that run calls in the order in which they come."""

    def __init__(self, size):
        self._calls = queue.Queue()
        self._threads = [threading.Thread(target=self._serve) for _ in range(size)]
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def _serve(self):
        for work, done in iter(self._calls.get, None):
            done.put(work())

    def run(self, work, secs):
        """Waits for a thread and for the call, which may not hang."""
        done = queue.Queue()
        self._calls.put((work, done))
        try:
            return done.get(timeout=secs)
        except queue.Empty:
            raise AssertionError("a call of the script hangs, for %g s already" % secs)

    def close(self):
        """Lets the threads end after their calls."""
        for _ in self._threads:
            self._calls.put(None)


class Caller(object):
    """For SYNCHRONOUS scripts: one call at a time, each of which stops the whole server."""

    def __init__(self):
        self._lock = threading.Lock()

    def run(self, work, _secs):
        """Runs the call here. It may not sleep, nor take long by other means."""
        slept = []
        sleep, here = time.sleep, threading.current_thread()

        def watched(secs):
            if threading.current_thread() is here:
                slept.append(secs)
            else:
                sleep(secs)

        with self._lock:
            began = now()
            time.sleep = watched
            try:
                returned = work()
            finally:
                time.sleep = sleep
            took = now() - began
        assert not slept, "a SYNCHRONOUS script slept: %r s" % slept[0]
        assert took < BLOCKED_SECS, "a SYNCHRONOUS script blocked the server for %.1f s" % took
        return returned

    def close(self):
        """Nothing is left to end."""
