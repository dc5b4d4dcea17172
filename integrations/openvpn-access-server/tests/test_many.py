"""Many logins at once: all are answered, and none holds up the others."""

import os
import threading
import time

from scenario import PATIENCE_SECS, TYPE_OK, Beside, Scenario

PEOPLE = 50
THREADS = 10
ASKED = "Enter AuthX code."
# Threads that have done their work take a moment to be gone.
GONE_SECS = 5


def open_files():
    return len(os.listdir("/proc/self/fd"))


class Many(Scenario):
    def signs_in_twice(self, server, person):
        """Two logins that are open at once; a code counts once and never after a later one."""
        firsts = [server.vpn(person.name, hw_addr="02:00:00:00:00:0%d" % device)
                  for device in range(2)]
        challenges = [first.challenge for first in firsts]
        return challenges, [first.answer(person.code()) for first in firsts]

    def test_a_hundred_logins_by_code(self):
        server = self.server(threads=THREADS, CALL_SECS=30)
        people = [self.authx.user() for _ in range(PEOPLE)]
        # Whatever is made once and kept is there from now on.
        self.asked(server.vpn(self.authx.user().name), ASKED)
        threads, files = threading.active_count(), open_files()
        running = [Beside(self.signs_in_twice, server, person) for person in people]
        results = [each.result(secs=120) for each in running]
        for challenges, outcomes in results:
            self.assertEqual(challenges, [ASKED, ASKED])
            for outcome in outcomes:
                self.allowed(outcome)
        self.assertEqual(server.log.count(": allowed by code"), 2 * PEOPLE)
        allowed = [line for line in server.log.splitlines() if ": allowed by code" in line]
        codes = [line.split("[")[1][:6] for line in allowed]
        self.assertEqual(len(set(codes)), 2 * PEOPLE, "one support code for two logins")
        self.until("no thread is left", lambda: threading.active_count() <= threads)
        self.assertLessEqual(open_files(), files)

    def test_many_who_may_not(self):
        server = self.server(threads=THREADS)
        running = [Beside(server.vpn, "mallory%d" % number) for number in range(40)]
        for each in running:
            self.assertFalse(each.result().allowed)

    def test_a_flood_of_pushes_leaves_room(self):
        server = self.server(threads=THREADS, PHONE_SECS=PATIENCE_SECS)
        people, bob = [self.authx.user(phone=True) for _ in range(10)], self.authx.user()
        firsts = [server.vpn(person.name, address="203.0.%d.7" % network)
                  for person in people for network in range(3)]
        pushes = [Beside(first.answer, "push") for first in firsts]
        free = []
        self.until("all but four are told to type ok", lambda: free.append(self.room(server)) or
                   sum(push.is_done() for push in pushes) == len(pushes) - 4)
        self.assertEqual((min(free), self.room(server)), (0, 0))
        began = time.time()
        self.allowed(server.vpn(bob.name).answer(bob.code()))
        self.assertLess(time.time() - began, PATIENCE_SECS / 4.0)
        self.assertEqual(sum(push.is_done() for push in pushes), len(pushes) - 4)
        for phone in [person.phones[0] for person in people]:
            for request in phone.waiting():
                phone.run("deny", request["id"], ends=(0, 1))
        for push in pushes:
            outcome = push.result()
            self.assertFalse(outcome.allowed)
            if outcome.challenge:
                self.assertIn(TYPE_OK, outcome.challenge)
        self.assertEqual(self.room(server), 4)

    def test_what_is_kept_of_logins_does_not_grow(self):
        server = self.server()
        script = server._module
        self.assertGreaterEqual(script.MOST_LOGINS, 1000)
        script.MOST_LOGINS = 5
        for number in range(20):
            script.LOGINS.put(("user%d" % number, "", ""), {"id": "log_%d" % number})
        # Who signs in again is the newest.
        script.LOGINS.put(("user15", "", ""), {"id": "log_again"})
        script.LOGINS.put(("user20", "", ""), {"id": "log_20"})
        self.assertEqual([key[0] for key in script.LOGINS.known],
                         ["user17", "user18", "user19", "user15", "user20"])
        self.assertIsNone(script.LOGINS.get(("user0", "", "")))
        self.assertEqual(script.LOGINS.get(("user15", "", "")), {"id": "log_again"})

    def test_a_user_with_many_devices_drives_nobody_out(self):
        script = self.server()._module
        script.LOGINS.put(("bob", "", ""), {"id": "log_bob"})
        for number in range(3 * script.MOST_DEVICES):
            self.assertTrue(script.LOGINS.put(("eve", "%d" % number, ""), {"id": str(number)}))
        self.assertEqual(len(script.LOGINS.of("eve")), script.MOST_DEVICES)
        self.assertEqual(script.LOGINS.of("eve")[-1], {"id": str(3 * script.MOST_DEVICES - 1)})
        self.assertEqual(script.LOGINS.of("bob"), [{"id": "log_bob"}])

    def test_sessions_while_many_sign_in(self):
        server = self.server(threads=THREADS)
        people = [self.authx.user() for _ in range(8)]
        for person in people:
            self.allowed(server.vpn(person.name).answer(person.code()))
        running = [Beside(server.session, person.name) for person in people for _ in range(3)]
        running += [Beside(server.vpn, person.name) for person in people]
        for each in running[:24]:
            self.allowed(each.result())
        for each in running[24:]:
            self.asked(each.result(), ASKED)
