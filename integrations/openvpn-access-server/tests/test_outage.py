"""AuthX is away, slow, or somebody else: nobody new gets in, and whoever is connected stays."""

import os
import re
import sys
import time

import authx_server
import captured
from access_server import AccessServer
from between import Between
from scenario import (ASK_ADMINISTRATOR, PATIENCE_SECS, SOON_SECS, TRY_AGAIN, Beside, Overheard,
                      Scenario)

ASKED = "Enter AuthX code."
ADMIN = "WEB_ADMIN"
QUICK = {"CONNECT_SECS": 1, "CALL_SECS": 2}
# What a call of 2 s takes at most, on a machine that is busy.
DEADLINE_SECS = 2 + SOON_SECS
LET_IN = "LET IN WITHOUT A SECOND FACTOR"


class Outage(Scenario):
    """AuthX with something in between that can be told what to do."""

    @classmethod
    def setUpClass(cls):
        cls.authx = authx_server.AuthX()
        cls.application = cls.authx.application_with()
        cls.authx.step_back()
        cls.between = Between(cls.authx.port, cls.authx.address)

    @classmethod
    def tearDownClass(cls):
        cls.between.close()
        cls.authx.close()

    def setUp(self):
        self.between.mode = "pass"
        if self.authx.process.poll() is not None:
            self.authx.start()

    def quick(self, **constants):
        return self.server(**dict(QUICK, **constants))


class Away(Outage):
    def test_nobody_gets_in(self):
        alice = self.authx.user()
        for mode in ("hold", "cut"):
            self.between.mode = mode
            server = self.quick()
            outcome = server.vpn(alice.name)
            code = self.refused(outcome, TRY_AGAIN)
            self.assertLess(outcome.secs, DEADLINE_SECS)
            self.assertIn(self.application.url, self.lines(server, code)[0])

    def test_stopped(self):
        server, alice = self.quick(), self.authx.user()
        self.authx.stop()
        self.between.close()
        try:
            outcome = server.vpn(alice.name)
        finally:
            type(self).between = Between(self.authx.port, self.authx.address)
        self.refused(outcome, TRY_AGAIN)
        self.assertLess(outcome.secs, DEADLINE_SECS)

    def test_nobody_gets_in_by_an_answer(self):
        server, alice = self.quick(), self.authx.user()
        first = server.vpn(alice.name)
        self.between.mode = "hold"
        self.refused(first.answer(alice.code()), TRY_AGAIN)

    def test_unless_that_is_wanted(self):
        server, alice = self.quick(OUTAGE="allow"), self.authx.user()
        self.between.mode = "cut"
        self.allowed(server.vpn(alice.name))
        line = server.log.splitlines()[-1]
        self.assertIn(LET_IN, line)
        self.assertIn(alice.name, line)
        self.assertIn("OUTAGE", line)

    def test_allow_is_only_for_outages(self):
        server, alice = self.quick(OUTAGE="allow"), self.authx.user()
        self.asked(server.vpn(alice.name), ASKED)
        self.assertFalse(server.vpn("mallory").allowed)
        wrong = server.vpn(alice.name).answer(alice.wrong_code())
        self.assertIn("Wrong code", wrong.challenge)
        self.assertNotIn(LET_IN, server.log)

    def test_a_client_cannot_make_one(self):
        """What AuthX does not read to its end looks as if AuthX had gone."""
        server, alice = self.quick(OUTAGE="allow"), self.authx.user()
        long = "x" * 4000000
        for details in ({"hw_addr": long}, {"client_info": {"IV_VER": long, "IV_PLAT": long}},
                        {"address": long}):
            self.asked(server.vpn(alice.name, **details), ASKED)
        self.refused(server.vpn(alice.name + long), ASK_ADMINISTRATOR)
        self.assertFalse(server.vpn(alice.name, static_response=long).allowed)
        self.assertNotIn(LET_IN, server.log)
        self.assertLess(max(map(len, server.log.splitlines() or [""])), 1000)

    def test_autologin_never_gets_in(self):
        application = self.authx.application_with('second_factor = "off"\n')
        server = self.server(application, OUTAGE="allow", **QUICK)
        self.between.mode = "cut"
        self.refused(server.autologin("alice"), TRY_AGAIN)
        self.assertNotIn(LET_IN, server.log)

    def test_who_is_connected_stays(self):
        server, alice = self.quick(), self.authx.user()
        self.allowed(server.vpn(alice.name).answer(alice.code()))
        for mode in ("hold", "cut"):
            self.between.mode = mode
            before = server.log
            outcome = self.allowed(server.session(alice.name))
            self.assertLess(outcome.secs, 3 + SOON_SECS)
            self.assertEqual(server.log, before)

    def test_the_operator_gets_in(self):
        server = self.quick(ADMIN_EXEMPT=["openvpn"])
        self.between.mode = "hold"
        outcome = self.allowed(server.admin_ui("openvpn", service=ADMIN))
        self.assertLess(outcome.secs, SOON_SECS)
        self.refused(server.admin_ui("alice", service=ADMIN), TRY_AGAIN)
        self.refused(server.vpn("openvpn"), TRY_AGAIN)

    def test_an_outage_holds_the_threads_for_a_short_time_only(self):
        server = self.server(threads=2, CONNECT_SECS=4, CALL_SECS=5)
        self.between.mode = "hold"
        self.refused(server.vpn("alice"), TRY_AGAIN)
        outcome = server.vpn("alice")
        self.refused(outcome, TRY_AGAIN)
        self.assertLess(outcome.secs, DEADLINE_SECS)


class BackAgain(Outage):
    def test_after_a_power_cut_the_question_is_still_open(self):
        server, alice = self.server(), self.authx.user()
        first = server.vpn(alice.name)
        self.authx.stop(at_once=True)
        self.authx.start()
        self.allowed(first.answer(alice.code()))

    def test_a_restart_in_the_middle_of_a_call_is_waited_out(self):
        server, alice = self.server(), self.authx.user()
        first = server.vpn(alice.name)
        self.authx.stop()
        waiting = Beside(first.answer, alice.code())
        time.sleep(0.5)
        self.assertFalse(waiting.is_done())
        self.authx.start()
        self.allowed(waiting.result())

    def test_a_power_cut_while_a_phone_rings(self):
        server, alice = self.server(PHONE_SECS=PATIENCE_SECS), self.authx.user()
        # Through the port at which nobody stands in between.
        phone = alice.phone()
        first = server.vpn(alice.name)
        number, waiting = self.number(first), Beside(first.answer, "push")
        self.until("the phone is asked", lambda: self.room(server) < 4)
        self.authx.stop(at_once=True)
        self.authx.start()
        phone.approve(number)
        self.allowed(waiting.result())

    def test_a_code_is_not_spent_by_an_answer_that_broke_off(self):
        server, alice = self.server(), self.authx.user()
        first = server.vpn(alice.name)
        self.between.mode = "cut"
        waiting = Beside(first.answer, alice.code())
        self.until("it was tried", lambda: self.between.count > 1)
        self.between.mode = "pass"
        self.allowed(waiting.result())

    def test_slow_is_not_away(self):
        server, alice = self.server(), self.authx.user()
        self.between.mode = 1.0
        first = server.vpn(alice.name)
        self.assertGreater(first.secs, 0.9)
        self.asked(first, ASKED)
        self.allowed(first.answer(alice.code()))


class Keys(Outage):
    def check(self, application, hint, **constants):
        """Refused, whatever OUTAGE says, and the log says what to look at."""
        for outage in ("refuse", "allow"):
            server = self.server(application, OUTAGE=outage, **constants)
            code = self.refused(server.vpn("alice"), ASK_ADMINISTRATOR)
            self.assertIn(hint, " ".join(self.lines(server, code)))

    def test_of_another_application(self):
        other = self.authx.application()
        self.check(self.application, "key", DEFAULT_SECRET_KEY=other.key)

    def test_the_id_of_another_application(self):
        other = self.authx.application()
        self.check(self.application, "key", APPLICATION_ID=other.id)

    def test_revoked(self):
        revoked = self.authx.application()
        self.authx.command("application", "key", "revoke", revoked.name, "first")
        self.check(revoked, "key")

    def test_revoked_does_not_end_sessions(self):
        application, alice = self.authx.application(), self.authx.user()
        server = self.server(application)
        self.allowed(server.vpn(alice.name).answer(alice.code()))
        self.authx.command("application", "key", "revoke", application.name, "first")
        self.allowed(server.session(alice.name))

    def test_of_an_application_that_is_gone(self):
        gone = self.authx.application()
        self.authx.command("application", "delete", gone.name)
        self.check(gone, "key")

    def test_a_certificate_that_is_not_trusted(self):
        self.check(self.application, "CA_FILE", CA_FILE="")


class Clocks(Outage):
    class Shifted(object):
        """The module `time` of a host whose clock is wrong."""

        def __init__(self, secs):
            self.secs = secs

        def time(self):
            return time.time() + self.secs

        def __getattr__(self, name):
            return getattr(time, name)

    def test_a_wrong_clock_is_corrected_once(self):
        for shift in (3600, -3600):
            server, alice = self.server(), self.authx.user()
            server._module.AUTHX.api.time = self.Shifted(shift)
            before = self.between.count
            first = server.vpn(alice.name)
            self.assertEqual(self.between.count - before, 2)
            self.allowed(first.answer(alice.code()))
            self.assertEqual(self.between.count - before, 3)
            self.assertAlmostEqual(server._module.AUTHX.server.clock_offset, -shift, delta=5)

    def test_and_again_when_it_was_set_right(self):
        server, alice = self.server(), self.authx.user()
        server._module.AUTHX.api.time = self.Shifted(3600)
        first = server.vpn(alice.name)
        server._module.AUTHX.api.time = time
        self.allowed(first.answer(alice.code()))


class Injected(Scenario):
    """Whatever happens inside, Access Server sees a refusal."""

    def faults(self, server):
        api = server._module.AUTHX.api
        return [api.Away("away"), api.Wrong("wrong"), api.Problem(409, "different_request", "x"),
                api.Problem(500, "fault", "x"), api.Problem(404, "not_found", "x"),
                ValueError("x"), KeyError("state"), MemoryError(), OSError(24, "too many files"),
                RuntimeError("cannot start new thread"), SystemExit(1), KeyboardInterrupt()]

    def test_at_every_call(self):
        alice = self.authx.user(phone=True)
        server = self.server()
        for fault in self.faults(server):
            for call, outcome in self.calls(server, alice, fault):
                self.assertFalse(outcome.allowed, (call, fault, outcome))
                self.assertIsNone(outcome.challenge, (call, fault, outcome))
                # It finds the login in both logs, also after a fault.
                code = r"\[%s\]$" % ("ABCDEF" if call != "begin" else "[2-9A-Z]{6}")
                self.assertTrue(re.search(code, outcome.client_reason), (call, fault, outcome))
        self.assertEqual(self.room(server), 4)
        self.asked(server.vpn(self.authx.user().name), ASKED)

    def calls(self, server, person, fault):
        """A login for each call of the script, in which that call fails."""
        script = server._module.AUTHX
        real = script.server
        ringing = {"id": "log_1", "version": 1, "state": "awaiting_phone", "support_code": "X"}

        class Broken(object):
            """Raises at one call and answers the others in a way that leads there."""

            def __init__(self, broken):
                self.broken = broken

            def __getattr__(self, name):
                def call(*_, **__):
                    if name == self.broken:
                        raise fault
                    return dict(ringing)
                return call

        for broken, response in (("begin", None), ("answer", "123456"), ("wait", "ok"),
                                 ("cancel", None)):
            script.server = Broken(broken)
            kept = '{"login": "log_1", "state": "awaiting_phone", "seq": 1, "code": "ABCDEF",' \
                   ' "shown": null, "user": "%s"}' % person.name
            crstate = Answered({} if broken == "begin" else {"authx": kept}, response)
            try:
                yield broken, self.call(server, person, crstate)
            finally:
                script.server = real

    def call(self, server, person, crstate):
        """A bare call; what its crstate was told is nothing to Access Server here."""
        authret = {"status": 0, "user": person.name}
        with captured.Printing(server._log):
            returned = server._script({"username": person.name}, {"vpn_auth": True}, authret,
                                      {"auth_method": "local"}, crstate)
        self.assertIs(returned, authret)
        return Seen(authret, crstate)

    def test_a_session_passes_whatever_happens(self):
        server, alice = self.server(), self.authx.user()
        self.allowed(server.vpn(alice.name).answer(alice.code()))
        for fault in self.faults(server)[:-2]:
            def broken(*_, **__):
                raise fault
            overheard = Overheard(server)
            overheard.renew = broken
            self.allowed(server.session(alice.name))

    def test_answers_that_make_no_sense(self):
        server, alice = self.server(), self.authx.user()
        for answer in (None, {}, [], "allowed", 7, {"state": None}, {"state": "allowed"},
                       {"id": "log_1", "version": 1, "state": "refused", "reason": None}):
            overheard = Overheard(server)
            overheard.begin = lambda *_, **__: answer
            outcome = server.vpn(alice.name)
            self.assertFalse(outcome.allowed, answer)

    def test_a_state_that_is_newer_than_the_script(self):
        server, alice = self.server(), self.authx.user()
        overheard = Overheard(server)
        overheard.begin = lambda *_, **__: {
            "id": "log_1", "version": 1, "state": "awaiting_moon",
            "prompt": {"text": "Look at the moon", "echo": False, "offers": []}}
        outcome = server.vpn(alice.name)
        self.assertFalse(outcome.allowed)
        self.assertIn("Look at the moon", outcome.challenge)
        self.assertFalse(outcome.echo)


class Answered(dict):
    """A `crstate` that brings an answer."""

    def __init__(self, kept, response):
        dict.__init__(self, kept)
        self.typed, self.challenge = response, None

    def response(self):
        return self.typed

    def expire(self):
        self.clear()

    def challenge_post_auth(self, authret, text, echo=True):
        authret["status"], self.challenge = 1, text


class Seen(object):
    """What came of a bare call."""

    def __init__(self, authret, crstate):
        self.allowed, self.challenge = authret["status"] == 0, crstate.challenge
        self.client_reason = authret.get("client_reason", "")

    def __repr__(self):
        return "<%s %r %r>" % (self.allowed, self.challenge, self.client_reason)


class Settings(Scenario):
    """The package is not whole, or its settings are wrong."""

    def setUp(self):
        # Other tests take the files from there.
        known = sys.path[:]
        self.addCleanup(lambda: sys.path.__setitem__(slice(None), known))
        sys.path[:] = [folder for folder in known
                       if not os.path.exists(os.path.join(folder, "certify_web_api.py"))]

    def check(self, folder, *hints):
        server = self.serve(folder)
        for hint in hints:
            self.assertIn(hint, server.log)
        for way in (server.vpn, server.web_client, server.admin_ui, server.rest, server.autologin):
            self.refused(way("openvpn"), ASK_ADMINISTRATOR)
        self.assertIn(hints[0], server.log.splitlines()[-1])
        server.sessions["alice"] = b"token"
        self.allowed(server.session("alice"))

    def test_a_file_is_missing(self):
        for name in ("certify_web_api.py", "certify_constants.py"):
            folder = self.authx.package(self.application)
            path = os.path.join(folder, name)
            os.remove(path)
            self.check(folder, path, "install.py")

    def text(self, folder):
        """The script as it is before `install.py` has written a folder that is there."""
        with open(os.path.join(folder, "certify_post_auth_script.py")) as script:
            found = script.read().replace("/usr/local/openvpn_as/authx", "/nowhere/authx")
        self.assertIn('AUTHX_FOLDER = "/nowhere/authx"', found)
        return found

    def test_the_folder_is_missing(self):
        server = AccessServer(self.text(self.authx.package(self.application)))
        self.addCleanup(server.close)
        self.refused(server.vpn("alice"), ASK_ADMINISTRATOR)
        self.assertIn("/nowhere/authx", server.log)

    def test_the_folder_may_stand_in_pythons_path(self):
        folder = self.authx.package(self.application)
        added = "import sys\nsys.path.insert(1, %r)\n" % folder
        server = AccessServer(added + self.text(folder))
        self.addCleanup(server.close)
        self.asked(server.vpn(self.authx.user().name), ASKED)

    def test_a_constant_is_wrong(self):
        for name, value in (
                ("APPLICATION_ID", ""), ("APPLICATION_ID", "app_1"), ("DEFAULT_SECRET_KEY", ""),
                ("DEFAULT_SECRET_KEY", "axk_" + "A" * 49), ("APPLICATION_URL", ""),
                ("APPLICATION_URL", "http://localhost"), ("APPLICATION_URL", "localhost"),
                ("CA_FILE", "/nowhere.pem"), ("CALL_SECS", "ten"), ("PHONE_SECS", 900),
                ("PHONE_LOGINS", -1), ("OUTAGE", "alow"), ("ADMIN_UI", "no"),
                ("ADMIN_EXEMPT", "openvpn"), ("PROMPT", 7), ("CONNECT_SECS", None)):
            folder = self.authx.package(self.application)
            self.write(folder, name, repr(value))
            server = self.serve(folder)
            self.assertIn(name, server.log)
            self.refused(server.vpn("alice"), ASK_ADMINISTRATOR)
            self.assertIn(name, server.log.splitlines()[-1])

    def write(self, folder, name, value):
        path = os.path.join(folder, "certify_constants.py")
        authx_server.edit(path, r"(?m)^%s = .*$" % name, "%s = %s" % (name, value), pattern=True)

    def test_the_constants_are_no_python(self):
        folder = self.authx.package(self.application)
        self.write(folder, "OUTAGE", '"refuse')
        self.check(folder, "certify_constants.py")

    def test_the_key_is_never_in_the_log(self):
        key = self.application.key
        # A slip of the hand: a character too many, a quote too few, none at all.
        for value in ('"%s!"' % key, '"%s' % key, '%s"' % key, key.replace("-", "_"),
                      '"%s" "' % key, "[%s]" % key.replace("-", "_")):
            folder = self.authx.package(self.application)
            self.write(folder, "DEFAULT_SECRET_KEY", value)
            server = self.serve(folder)
            self.refused(server.vpn("alice"), ASK_ADMINISTRATOR)
            self.assertIn("certify_constants.py", server.log)
            for part in (key[4:12], key[20:30], key[40:50]):
                self.assertNotIn(part, server.log)

    def test_a_wrong_word_allows_nobody_while_authx_is_away(self):
        folder = self.authx.package(self.application)
        self.write(folder, "OUTAGE", '"alow"')
        self.write(folder, "APPLICATION_URL", '"https://localhost:9"')
        self.refused(self.serve(folder).vpn("alice"), ASK_ADMINISTRATOR)
