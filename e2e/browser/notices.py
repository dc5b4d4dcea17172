"""Plays the desktop's notification service on the session bus, so that browsers show their notices
to a test and the test can click them.

Reads and writes lines of JSON like the other programs here. Run it under dbus-run-session. The
interface is org.freedesktop.Notifications, version 1.2.
"""

import json
import os
import sys
import time

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"


class Notices(dbus.service.Object):
    def __init__(self, bus):
        super().__init__(bus, "/org/freedesktop/Notifications")
        self.last = 0
        # Every call of Notify, also those that replace an earlier notice.
        self.calls = []
        self.open = set()

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, title, body, actions, hints, timeout):
        if not replaces:
            self.last += 1
        number = int(replaces) or self.last
        buttons = {str(key): str(label) for key, label in zip(actions[::2], actions[1::2])}
        call = {"id": number, "replaces": bool(replaces), "app": str(app), "title": str(title)}
        call.update(body=str(body), buttons=buttons, at=round(time.time() * 1000))
        self.calls.append(call)
        self.open.add(number)
        return dbus.UInt32(number)

    @dbus.service.method(NAME, in_signature="u")
    def CloseNotification(self, number):
        self.open.discard(int(number))
        self.NotificationClosed(number, 3)

    @dbus.service.method(NAME, out_signature="as")
    def GetCapabilities(self):
        # The last one keeps Chromium from writing the origin into the body.
        return ["actions", "body", "persistence", "x-kde-origin-name"]

    @dbus.service.method(NAME, out_signature="ssss")
    def GetServerInformation(self):
        return ("test", "authx", "1", "1.2")

    @dbus.service.signal(NAME, signature="us")
    def ActionInvoked(self, number, action):
        pass

    @dbus.service.signal(NAME, signature="uu")
    def NotificationClosed(self, number, reason):
        pass

    def answer(self, wish):
        command = wish["command"]
        if command == "bus":
            return os.environ["DBUS_SESSION_BUS_ADDRESS"]
        if command == "shown":
            return self.calls
        if command == "open":
            return sorted(self.open)
        if command == "click":
            number = wish.get("notice") or self.calls[-1]["id"]
            self.ActionInvoked(number, self.action(number, wish.get("button")))
            return number
        if command == "dismiss":
            number = wish.get("notice") or self.calls[-1]["id"]
            self.open.discard(number)
            self.NotificationClosed(number, 2)
            return number
        raise ValueError(f"no such command: {command}")

    def action(self, number, label):
        """What a browser calls the button with this label; the notice itself without one."""
        if label is None:
            return "default"
        call = next(call for call in reversed(self.calls) if call["id"] == number)
        return next(key for key, known in call["buttons"].items() if known == label)


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    # Kept: the name is given up with it.
    name = dbus.service.BusName(NAME, bus)
    notices = Notices(bus)
    loop = GLib.MainLoop()
    rest = b""

    def read(_file, condition):
        nonlocal rest
        data = os.read(0, 65536) if condition & GLib.IO_IN else b""
        if not data:
            loop.quit()
            return False
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            wish = json.loads(line)
            try:
                said = {"id": wish["id"], "value": notices.answer(wish)}
            except Exception as error:  # whatever it is, the test is told
                said = {"id": wish["id"], "error": f"{type(error).__name__}: {error}"}
            print(json.dumps(said), flush=True)
        return True

    GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, read)
    loop.run()
    return name


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
