"""Stands between Access Server and AuthX, and passes on, delays, holds or cuts."""

import select
import socket
import threading


class Between(object):
    """Listens at a port. `mode`: "pass" passes on; "hold" says nothing; "cut" hangs up; a number
    passes on after so many seconds."""

    def __init__(self, port, target):
        self.mode, self.count = "pass", 0
        self._target, self._closed = target, threading.Event()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(128)
        self._thread = self._begin(self._accept)

    def _begin(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments)
        thread.daemon = True
        thread.start()
        return thread

    def _accept(self):
        while not self._closed.is_set():
            if select.select([self._listener], [], [], 0.1)[0]:
                self.count += 1
                self._begin(self._talk, self._listener.accept()[0])
        self._listener.close()

    def _talk(self, caller):
        try:
            self._pass_on(caller)
        except EnvironmentError:
            pass  # One of the two has gone.
        finally:
            caller.close()

    def _pass_on(self, caller):
        mode = self.mode
        if mode == "cut":
            return
        if mode == "hold":
            self._hold(caller)
            return
        if mode != "pass":
            self._closed.wait(mode)
        onward = socket.create_connection(self._target)
        try:
            self._copy({caller: onward, onward: caller})
        finally:
            onward.close()

    def _copy(self, ways):
        while not self._closed.is_set():
            for source in select.select(list(ways), [], [], 0.1)[0]:
                data = source.recv(65536)
                if not data:
                    return
                ways[source].sendall(data)

    def _hold(self, caller):
        """Until the caller has lost its patience."""
        while not self._closed.is_set():
            if select.select([caller], [], [], 0.1)[0] and not caller.recv(65536):
                return

    def close(self):
        self._closed.set()
        self._thread.join()
