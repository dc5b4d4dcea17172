"""Calls that cannot be answered, or not at once: they end in time, are tried again where that can
help, and leave nothing behind."""

import socket
import threading
import time
import unittest

import fake_authx as fake
from fake_authx import FakeAuthX, LOGIN
from test_web_api import ID, MARGIN_SECS, WITHIN_SECS, Calls, api


class Silence(Calls):
    def test_every_way_to_be_slow_ends_at_the_deadline(self):
        for behaviour, word in (
                (fake.say_nothing, "No secure connection in time"),
                (fake.unfinished_tls, "No secure connection in time"),
                (fake.dripping_tls, "No secure connection in time"),
                (fake.silent_after_request, "No answer in time"),
                (fake.drip_headers, "No answer in time"), (fake.drip_body, "No answer in time")):
            self.comes_to(behaviour, api.Away, word, "no answer within 0.8 s", self.server.url)

    def test_nobody_there(self):
        authx = self.authx(APPLICATION_URL="https://localhost:1")
        self.fails(api.Away, "No connection to", "Connection refused", "does AuthX run there",
                   authx=authx)

    def test_a_queue_that_nobody_serves(self):
        """As a host whose firewall drops: a full backlog does not answer either."""
        full = socket.socket()
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(4):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
            self.addCleanup(waiting[-1].close)
        authx = self.authx(APPLICATION_URL="https://127.0.0.1:%d" % full.getsockname()[1])
        self.fails(api.Away, "in time", authx=authx)

    def test_a_connection_has_a_limit_of_its_own_so_that_another_is_tried(self):
        self.server.then(fake.say_nothing, fake.good)
        authx = self.authx()
        authx.settings.connect_secs = 0.3
        began = time.time()
        self.assertEqual(authx.check(within=3), LOGIN)
        self.assertLess(time.time() - began, 0.3 + MARGIN_SECS)

    def test_other_addresses_of_the_name_are_tried(self):
        port, numbers = self.server.port, ("127.0.0.2", "127.0.0.1")
        resolve(self, lambda *_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))
                                 for number in numbers])
        self.assertEqual(self.authx().check(), LOGIN)


class NameResolution(Calls):
    def test_it_may_hang(self):
        release, asked = threading.Event(), []
        self.addCleanup(release.set)
        resolve(self, lambda *_: (asked.append(1), release.wait(30)))
        authx = self.authx()
        for _ in range(api.MOST_LEFT):
            self.fails(api.Away, "localhost is not resolved in time", authx=authx, within=0.02)
        self.assertEqual(len(asked), api.MOST_LEFT)
        # Now there are enough of them.
        self.fails(api.Away, "32 look-ups", authx=authx, within=5, most=0)
        self.assertEqual(len(asked), api.MOST_LEFT)
        release.set()
        until = time.time() + 5
        while authx._names.left and time.time() < until:
            time.sleep(0.01)
        self.assertEqual(authx._names.left, 0)

    def test_a_name_that_was_resolved_before_goes_on(self):
        authx, release = self.authx(), threading.Event()
        self.addCleanup(release.set)
        authx.check()
        resolve(self, lambda *_: release.wait(30))
        began = time.time()
        self.assertEqual(authx.check(), LOGIN)
        self.assertLess(time.time() - began, 1 + MARGIN_SECS)

        def fail(*_):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        resolve(self, fail)
        self.assertEqual(authx.check(), LOGIN)

    def test_a_name_that_is_not_there(self):
        def fail(code, text):
            def lookup(*_):
                asked.append(1)
                raise socket.gaierror(code, text)
            return lookup

        asked = []
        resolve(self, fail(socket.EAI_NONAME, "Name or service not known"))
        self.fails(api.Away, "localhost is not resolved (Name or service not known)",
                   "/etc/resolv.conf", most=0)
        self.assertEqual(len(asked), 1)
        resolve(self, fail(socket.EAI_AGAIN, "Temporary failure"))
        self.fails(api.Away, "Temporary failure")
        self.assertGreater(len(asked), 2)

    def test_an_address_needs_none(self):
        authx = self.authx(APPLICATION_URL="https://127.0.0.1:%d" % self.server.port)
        before = threading.active_count()
        authx.check()
        self.assertLessEqual(threading.active_count(), before + 2)


class Again(Calls):
    def calls(self, authx):
        return (lambda: authx.check(), lambda: authx.begin(ID, {"user": "alice"}),
                lambda: authx.answer(ID, 1, "287082"), lambda: authx.cancel(ID),
                lambda: authx.renew(ID), lambda: authx.wait(ID, 1, 0))

    def test_every_call_is_repeated_with_the_same_body_and_a_new_nonce(self):
        for call in self.calls(self.authx()):
            del self.server.requests[:]
            self.server.then(fake.close_after_request, fake.busy(), fake.good)
            self.assertEqual(call(), LOGIN)
            self.assertTrue(self.server.all_closed())
            requests = self.server.requests
            self.assertEqual(len(requests), 3)
            self.assertEqual(len(set((request.method, request.target, request.body)
                                     for request in requests)), 1)
            self.assertEqual(len(set(request.nonce for request in requests)), 3)
            self.assertEqual(len(set(request.header("signature") for request in requests)), 3)

    def test_until_the_deadline(self):
        for broken, word in (
                (fake.close_at_once, "onnection"), (fake.close_after_request, "ended before"),
                (fake.half_headers, "ended before"), (fake.half_body, "in the middle"),
                (fake.half_chunked, "in the middle"),
                (fake.busy(), "unable at this moment: all cores"),
                (fake.unsigned(502, b"<html>"), "Something before it answers (502)")):
            self.comes_to(broken, api.Away, word, "no answer within 0.8 s")
        self.assertGreater(len(self.server.requests), 12)

    def test_the_last_attempt_does_not_hide_what_is_wrong(self):
        self.server.then(fake.unsigned(502, b"<html>"), fake.silent_after_request)
        self.fails(api.Away, "Something before it answers (502)")

    def test_it_waits_as_long_as_authx_says(self):
        self.server.then(fake.busy(1), fake.good)
        began = time.time()
        self.assertEqual(self.authx().check(within=3), LOGIN)
        self.assertGreater(time.time() - began, 0.99)
        # Longer than there is time for: no thread of Access Server is kept for it.
        self.server.then(fake.busy(30))
        self.fails(api.Away, "unable", within=5, most=0)
        for odd in ("Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1e9", ""):
            self.server.then(fake.busy(odd), fake.good)
            self.assertEqual(self.authx().check(), LOGIN)

    def test_what_cannot_get_better_is_not_repeated(self):
        for behaviour in (fake.problem(409, "different_request"), fake.sends(200, b"[]"),
                          fake.problem(500, "fault"), fake.problem(429, "slow_down"),
                          fake.unsigned(200, b"{}"), fake.redirect(302), fake.garbage):
            del self.server.requests[:]
            self.server.then(behaviour)
            with self.assertRaises(api.Trouble):
                self.authx().check()
            self.assertEqual(len(self.server.requests), 1)


class Waiting(Calls):
    def test_the_deadline_lies_behind_the_time_to_wait(self):
        self.server.then(lambda talk: (time.sleep(1.2), talk.send()))
        authx = self.authx()
        authx.settings.call_secs = WITHIN_SECS
        self.assertEqual(authx.wait(ID, 1, 1), LOGIN)

    def test_after_a_broken_connection_only_the_rest_is_waited(self):
        def break_off(talk):
            time.sleep(2)

        self.server.then(break_off, fake.good)
        self.authx().wait(ID, 7, 20)
        targets = [request.target for request in self.server.requests]
        self.assertEqual(targets[0], "/api/v1/logins/%s?after=7&wait=20" % ID)
        self.assertIn(targets[1], ["/api/v1/logins/%s?after=7&wait=%d" % (ID, secs)
                                   for secs in (15, 16, 17, 18)])

    def test_within_counts_for_all_of_it(self):
        self.server.then(fake.silent_after_request)
        began = time.time()
        with self.assertRaises(api.Away):
            self.authx().wait(ID, 1, 20, within=WITHIN_SECS)
        self.assertLess(time.time() - began, WITHIN_SECS + MARGIN_SECS)
        self.server.then(fake.good)
        self.authx().wait(ID, 1, 20, within=10)
        self.assertTrue(self.server.requests[-1].target.endswith("wait=9"))


class Hurry(Calls):
    def test_after_an_outage_nobody_waits_long_until_it_is_over(self):
        self.server.then(fake.silent_after_request)
        authx = self.authx()
        self.fails(api.Away, "within 0.8 s", authx=authx)
        self.fails(api.Away, "within 2 s", authx=authx, within=9, most=2)
        began = time.time()
        with self.assertRaises(api.Away):
            authx.wait(ID, 1, 25)
        self.assertLess(time.time() - began, 2 + MARGIN_SECS)
        self.server.then(fake.good)
        authx.check()
        self.server.then(lambda talk: (time.sleep(2.2), talk.send()))
        self.assertEqual(authx.check(), LOGIN)

    def test_it_is_over_after_a_while(self):
        self.server.then(fake.silent_after_request)
        authx = self.authx()
        self.fails(api.Away, authx=authx)
        authx._hurry_until -= api.CALM_SECS
        self.server.then(lambda talk: (time.sleep(2.2), talk.send()))
        self.assertEqual(authx.check(), LOGIN)

    def test_a_server_that_hangs_keeps_neither_threads_nor_connections(self):
        self.server.then(fake.silent_after_request)
        authx, failed, idle = self.authx(), [], threading.active_count()

        def call():
            try:
                authx.check(within=WITHIN_SECS)
            except api.Away:
                failed.append(time.time())

        began = time.time()
        threads = [fake.in_background(call) for _ in range(50)]
        for thread in threads:
            thread.join(20)
        self.assertEqual(len(failed), 50)
        self.assertLess(max(failed) - began, WITHIN_SECS + 2 * MARGIN_SECS)
        self.assertTrue(self.server.all_closed())
        time.sleep(0.1)
        self.assertLessEqual(threading.active_count(), idle)


class Clock(Calls):
    def test_it_is_corrected_once_and_remembered(self):
        self.server.clock_ahead = 5000
        authx = self.authx()
        self.assertEqual(authx.check(), LOGIN)
        self.assertLessEqual(abs(authx.clock_offset - 5000), 2)
        self.assertEqual(len(self.server.requests), 2)
        authx.check()
        self.assertEqual(len(self.server.requests), 3)
        self.server.clock_ahead = -5000
        authx.check()
        self.assertLessEqual(abs(authx.clock_offset + 5000), 2)

    def test_only_once_in_a_call(self):
        self.server.then(lambda talk: talk.problem(401, "clock",
                                                   created=talk.request.created + 999))
        with self.assertRaises(api.Problem) as caught:
            self.authx().check()
        self.assertEqual((caught.exception.status, caught.exception.code), (401, "clock"))
        self.assertEqual(len(self.server.requests), 2)

    def test_not_by_an_answer_that_is_not_signed(self):
        told = {"code": "clock", "detail": "correct the clock", "server_time": 5}
        for behaviour in (fake.unsigned(401, told), fake.sends(401, told, key=b"x" * 32, created=5),
                          fake.sends(401, told, twice=("Signature-Input",), created=5)):
            authx = self.authx()
            self.server.then(behaviour)
            self.fails(api.Wrong, "401", authx=authx)
            self.assertEqual(authx.clock_offset, 0)


def resolve(test, lookup):
    test.addCleanup(setattr, socket, "getaddrinfo", socket.getaddrinfo)
    socket.getaddrinfo = lookup


if __name__ == "__main__":
    unittest.main()
