# coding: utf-8
"""What the scenario tests share: the package in a stand-in Access Server, before a real AuthX."""

import re
import threading
import time
import unittest

import authx_server
from access_server import AccessServer, load_package
from people import text

CODE = "[23456789ABCDEFGHJKMNPQRSTVWXYZ]{6}"
# A refused user reads plain words, what to do, and the support code.
NOT_PERMITTED = "Sign-in is not permitted. Ask your administrator."
TRY_AGAIN = "Sign-in is not possible right now. Try again in a minute."
ASK_ADMINISTRATOR = "Sign-in is not possible right now. Ask your administrator."
TIMED_OUT = "Nobody answered in time. Sign in again."
NOT_OPEN = "The question is no longer open. Sign in again."
TYPE_OK = "Approve on your phone, then type ok."
# More than AuthX or a phone take on a busy machine, and less than anybody would wait.
PATIENCE_SECS = 20
# Nothing was waited for.
SOON_SECS = 1.5
SETTINGS = {"CONNECT_SECS": 4, "CALL_SECS": 8, "PHONE_SECS": 2, "SERVER_NAME": "vpn1"}


class Scenario(unittest.TestCase):
    """Tests before one application of one AuthX, with people of their own."""

    @classmethod
    def setUpClass(cls):
        cls.authx = authx_server.shared()
        cls.application = cls.authx.application_with()

    def server(self, application=None, threads=4, **constants):
        """An Access Server with the package, set up by these constants."""
        folder = self.authx.package(application or self.application, **dict(SETTINGS, **constants))
        return self.serve(folder, threads)

    def serve(self, folder, threads=4):
        server = AccessServer(load_package(folder), threads=threads)
        self.addCleanup(server.close)
        return server

    # What came of a login

    def allowed(self, outcome):
        self.assertTrue(outcome.allowed, outcome)
        self.assertIsNone(outcome.challenge)
        return outcome

    def refused(self, outcome, told):
        """Refused for good, with this text for the user. Gives the support code."""
        self.assertFalse(outcome.allowed, outcome)
        self.assertIsNone(outcome.challenge, outcome)
        read = text(outcome.client_reason or "")
        found = re.match(r"^%s \[(%s)\]$" % (re.escape(told), CODE), read)
        self.assertTrue(found, "%r is not `%s [CODE]`" % (read, told))
        self.assertLessEqual(len(read), 120)
        code = found.group(1)
        self.assertIn(code, outcome.reason)
        return code

    def asked(self, outcome, question):
        """Asked exactly this; `NUMBER` in it stands for a number, which comes back."""
        self.assertFalse(outcome.allowed, outcome)
        self.assertIsNotNone(outcome.challenge, outcome)
        pattern = re.escape(question).replace("NUMBER", r"(\d{3} \d{3})")
        found = re.match("^%s$" % pattern, text(outcome.challenge))
        self.assertTrue(found, "%r is not `%s`" % (outcome.challenge, question))
        return found.group(1).replace(" ", "") if found.groups() else None

    def number(self, outcome):
        """The number that a challenge shows."""
        self.assertIsNotNone(outcome.challenge, outcome)
        found = re.findall(r"\b(\d{3}) (\d{3})\b", outcome.challenge)
        self.assertEqual(len(found), 1, outcome.challenge)
        return "".join(found[0])

    def room(self, server):
        """How many logins more may wait for a phone in this server's threads."""
        free = vars(server._module.AUTHX.room)
        return free.get("_value", free.get("_Semaphore__value"))

    # The two logs

    def lines(self, server, code):
        """What Access Server's log has of a support code."""
        return [line for line in server.log.splitlines() if "AuthX [%s]" % code in line]

    def codes(self, server, user):
        """The support codes of a user in Access Server's log, oldest first."""
        pattern = r"(?m)^AuthX \[(%s)\] %s: " % (CODE, re.escape(user))
        return re.findall(pattern, text(server.log))

    def code_of(self, server, user):
        codes = self.codes(server, user)
        self.assertTrue(codes, "`%s` is not in the log:\n%s" % (user, server.log))
        return codes[-1]

    def kinds(self, code):
        """What AuthX's record has of a support code, oldest first."""
        return [entry["event"] for entry in self.authx.entries(code)]

    def entry(self, code, kind):
        """The one entry of this kind."""
        found = [entry for entry in self.authx.entries(code) if entry["event"] == kind]
        self.assertEqual(len(found), 1, self.authx.log(code))
        return found[0]

    def until(self, what, holds):
        """Waits until something holds."""
        end = time.time() + PATIENCE_SECS
        while not holds():
            self.assertLess(time.time(), end, what)
            time.sleep(0.02)


class Beside(object):
    """Something that goes on beside the test; `result()` waits for it."""

    def __init__(self, act, *arguments, **more):
        self._done, self._failed = [], []
        self._thread = threading.Thread(target=self._run, args=(act, arguments, more))
        self._thread.daemon = True
        self._thread.start()

    def _run(self, act, arguments, more):
        try:
            self._done.append(act(*arguments, **more))
        except BaseException as failure:
            self._failed.append(failure)

    def is_done(self):
        return bool(self._done or self._failed)

    def result(self, secs=3 * PATIENCE_SECS):
        self._thread.join(secs)
        if self._failed:
            raise self._failed[0]
        if not self._done:
            raise AssertionError("it goes on, for %d s already" % secs)
        return self._done[0]


class Overheard(object):
    """Takes down what a server's script asks AuthX for, from now on."""

    def __init__(self, server):
        self.calls, self._real = [], server._module.AUTHX.server
        server._module.AUTHX.server = self

    def __getattr__(self, name):
        real = getattr(self._real, name)

        def call(*arguments, **more):
            self.calls.append(name)
            return real(*arguments, **more)
        return call
