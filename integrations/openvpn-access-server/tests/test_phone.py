"""Logins by a phone: the number in the challenge, waiting in the thread, and `ok` afterwards."""

import time

from scenario import PATIENCE_SECS, SOON_SECS, TYPE_OK, Beside, Scenario

FIRST = "Enter AuthX code, or type push; the number for the phone is NUMBER."
FIRST_WITHOUT = "Enter AuthX code, or type push."


class Pushed(Scenario):
    """Somebody has typed `push` and answers on the phone."""

    def setUp(self):
        self.as_server = self.server(PHONE_SECS=PATIENCE_SECS)
        self.alice = self.authx.user(phone=True)
        self.phone = self.alice.phones[0]

    def pushed(self):
        """The challenge's number, and the login while the script waits for the phone."""
        first = self.as_server.vpn(self.alice.name)
        return self.asked(first, FIRST), Beside(first.answer, "push")

    def test_approved_with_the_number_of_the_first_challenge(self):
        number, waiting = self.pushed()
        self.assertEqual(self.phone.approve(number)["outcome"], "approved")
        outcome = self.allowed(waiting.result())
        self.assertLess(outcome.secs, PATIENCE_SECS)
        code = self.code_of(self.as_server, self.alice.name)
        self.assertEqual(self.lines(self.as_server, code)[-1],
                         "AuthX [%s] %s: allowed by push" % (code, self.alice.name))
        self.assertEqual(self.entry(code, "login_allowed")["detail"]["by"], "push")

    def test_denied(self):
        _, waiting = self.pushed()
        self.phone.deny()
        code = self.refused(waiting.result(),
                            "Denied on your phone. Sign in again if you changed your mind.")
        self.assertIn("reason=push_denied", self.authx.log(code))

    def test_not_me(self):
        _, waiting = self.pushed()
        self.phone.fraud()
        code = self.refused(waiting.result(), "Reported as not you. Change your password and tell"
                            " your administrator.")
        self.assertIn("fraud_reported", self.kinds(code))
        held = self.as_server.vpn(self.alice.name).answer("push")
        self.assertIn("Your phone cannot be asked for now. Enter a code", held.challenge)
        self.allowed(held.answer(self.alice.code()))

    def wrong(self, number):
        return "000001" if number == "000000" else "000000"

    def test_a_wrong_number_twice(self):
        number, waiting = self.pushed()
        for _ in range(2):
            self.assertEqual(self.phone.approve(self.wrong(number))["outcome"], "wrong_number")
        code = self.refused(waiting.result(),
                            "Wrong number on the phone. Sign in again and compare it.")
        self.assertIn("reason=wrong_number", self.authx.log(code))

    def test_a_wrong_number_and_then_the_right_one(self):
        number, waiting = self.pushed()
        self.phone.approve(self.wrong(number))
        self.phone.approve(number)
        self.allowed(waiting.result())

    def test_the_number_of_another_login_does_not_do(self):
        other = self.number(self.as_server.vpn(self.alice.name))
        number, waiting = self.pushed()
        if other != number:
            self.assertEqual(self.phone.approve(other)["outcome"], "wrong_number")
        self.phone.approve(number)
        self.allowed(waiting.result())

    def test_the_second_phone(self):
        second = self.alice.phone()
        first = self.as_server.vpn(self.alice.name)
        number, waiting = self.number(first), Beside(first.answer, "push2")
        second.approve(number)
        self.allowed(waiting.result())

    def test_a_second_phone_that_there_is_not(self):
        outcome = self.as_server.vpn(self.alice.name).answer("push2")
        self.assertIn("You have one phone: type push.", outcome.challenge)
        self.assertLess(outcome.secs, SOON_SECS)
        self.allowed(outcome.answer(self.alice.code()))

    def test_the_word_in_capitals(self):
        first = self.as_server.vpn(self.alice.name)
        waiting = Beside(first.answer, " PUSH ")
        self.phone.approve(self.number(first))
        self.allowed(waiting.result())

    def test_who_has_no_phone_is_told_so(self):
        bob = self.authx.user()
        outcome = self.as_server.vpn(bob.name).answer("push")
        self.asked(outcome, "Not understood. Enter the code in your authenticator app:")
        self.allowed(outcome.answer(bob.code()))


class Afterwards(Scenario):
    """The phone is not answered while the script waits."""

    def ringing(self, server, person):
        """A login that was asked to type `ok`, and its number."""
        first = server.vpn(person.name)
        number = self.number(first)
        outcome = first.answer("push")
        self.assertFalse(outcome.allowed)
        self.assertIn(TYPE_OK, outcome.challenge)
        self.assertEqual(self.number(outcome), number)
        return outcome, number

    def test_ok_after_the_approval(self):
        server, alice = self.server(), self.authx.user(phone=True)
        outcome, number = self.ringing(server, alice)
        alice.phones[0].approve(number)
        self.allowed(outcome.answer("ok"))

    def test_nothing_typed_is_ok_too(self):
        for typed in ("", "OK", " ok "):
            server, alice = self.server(PHONE_SECS=0), self.authx.user(phone=True)
            outcome, number = self.ringing(server, alice)
            alice.phones[0].approve(number)
            self.allowed(outcome.answer(typed))

    def test_ok_before_the_approval_waits_again(self):
        server, alice = self.server(PHONE_SECS=PATIENCE_SECS), self.authx.user(phone=True)
        quick = self.server(PHONE_SECS=0)
        outcome, number = self.ringing(quick, alice)
        again = outcome.answer("ok")
        self.assertIn(TYPE_OK, again.challenge)
        # The same question, in a server that waits.
        again._server = server
        server.challenges = quick.challenges
        waiting = Beside(again.answer, "ok")
        time.sleep(0.3)
        self.assertFalse(waiting.is_done())
        alice.phones[0].approve(number)
        self.allowed(waiting.result())

    def test_ok_for_what_was_denied(self):
        server, alice = self.server(PHONE_SECS=0), self.authx.user(phone=True)
        outcome, _ = self.ringing(server, alice)
        alice.phones[0].deny()
        self.refused(outcome.answer("ok"),
                     "Denied on your phone. Sign in again if you changed your mind.")

    def test_ok_is_no_yes(self):
        server, alice = self.server(PHONE_SECS=0), self.authx.user(phone=True)
        outcome, _ = self.ringing(server, alice)
        for _ in range(8):
            outcome = outcome.answer("ok")
            self.assertFalse(outcome.allowed)
            self.assertIn(TYPE_OK, outcome.challenge)

    def test_ok_is_an_answer_while_no_phone_rings(self):
        server, alice = self.server(), self.authx.user(phone=True)
        self.assertIn("Not understood.", server.vpn(alice.name).answer("ok").challenge)

    def test_a_code_while_the_phone_rings(self):
        server, alice = self.server(PHONE_SECS=0), self.authx.user(phone=True)
        outcome, _ = self.ringing(server, alice)
        self.allowed(outcome.answer(alice.code()))
        code = self.code_of(server, alice.name)
        self.assertEqual(self.entry(code, "login_allowed")["detail"]["by"], "code")

    def test_a_wrong_code_while_the_phone_rings(self):
        server, alice = self.server(PHONE_SECS=PATIENCE_SECS), self.authx.user(phone=True)
        quick = self.server(PHONE_SECS=0)
        outcome, number = self.ringing(quick, alice)
        outcome._server, server.challenges = server, quick.challenges
        outcome = outcome.answer(alice.wrong_code())
        # Whoever has typed has the prompt in sight: no waiting before the news.
        self.assertLess(outcome.secs, SOON_SECS)
        self.assertIn("Wrong code", outcome.challenge)
        self.assertEqual(self.number(outcome), number)
        self.allowed(outcome.answer(alice.code()))

    def test_push_again_while_it_rings(self):
        server, alice = self.server(PHONE_SECS=0), self.authx.user(phone=True)
        outcome, number = self.ringing(server, alice)
        outcome = outcome.answer("push")
        self.assertIn(TYPE_OK, outcome.challenge)
        alice.phones[0].approve(number)
        self.allowed(outcome.answer("ok"))

    def test_after_a_wrong_code_a_push(self):
        server, alice = self.server(PHONE_SECS=PATIENCE_SECS), self.authx.user(phone=True)
        outcome = server.vpn(alice.name).answer(alice.wrong_code())
        self.assertIn("Wrong code, 2 tries left.", outcome.challenge)
        number, waiting = self.number(outcome), Beside(outcome.answer, "push")
        alice.phones[0].approve(number)
        self.allowed(waiting.result())

    def test_waiting_takes_as_long_as_it_is_set(self):
        for secs in (0, 2):
            server, alice = self.server(PHONE_SECS=secs), self.authx.user(phone=True)
            outcome, _ = self.ringing(server, alice)
            self.assertGreater(outcome.secs, secs - 1.1)
            self.assertLess(outcome.secs, secs + SOON_SECS)

    def test_a_client_that_comes_again_takes_the_request_over(self):
        server, alice = self.server(PHONE_SECS=0), self.authx.user(phone=True)
        gone, _ = self.ringing(server, alice)
        outcome, number = self.ringing(server, alice)
        alice.phones[0].approve(number)
        self.allowed(outcome.answer("ok"))
        self.refused(gone.answer("ok"), "You signed in again. This attempt has ended.")

    def test_a_client_that_leaves_holds_its_thread_for_so_long_only(self):
        server, alice = self.server(PHONE_LOGINS=1), self.authx.user(phone=True)
        # Nobody reads what comes of it.
        Beside(server.vpn(alice.name).answer, "push")
        self.until("the phone is asked", lambda: self.room(server) == 0)
        self.until("the thread is free again", lambda: self.room(server) == 1)
        bob = self.authx.user(phone=True)
        waiting = Beside(server.vpn(bob.name).answer, "push")
        self.until("another may wait", lambda: self.room(server) == 0)
        waiting.result()

    def test_a_phone_that_was_asked_too_often_is_left_in_peace(self):
        server, alice = self.server(PHONE_SECS=0), self.authx.user(phone=True)
        for network in range(6):
            first = server.vpn(alice.name, address="203.0.%d.9" % network)
            outcome = first.answer("push")
            if TYPE_OK not in outcome.challenge:
                break
        self.assertIn("Your phone was asked too often", outcome.challenge)
        self.allowed(outcome.answer(alice.code()))


class Room(Scenario):
    def test_the_fifth_login_is_told_at_once_to_type_ok(self):
        server = self.server(threads=8, PHONE_SECS=PATIENCE_SECS)
        people = [self.authx.user(phone=True) for _ in range(5)]
        firsts = [server.vpn(person.name) for person in people]
        waiting = [Beside(first.answer, "push") for first in firsts[:4]]
        self.until("four wait", lambda: self.room(server) == 0)
        fifth = firsts[4].answer("push")
        self.assertIn(TYPE_OK, fifth.challenge)
        self.assertLess(fifth.secs, SOON_SECS)
        people[4].phones[0].approve(self.number(fifth))
        self.allowed(fifth.answer("ok"))
        for person, first, outcome in zip(people, firsts, waiting):
            self.assertFalse(outcome.is_done())
            person.phones[0].approve(self.number(first))
            self.allowed(outcome.result())

    def test_with_no_room_at_all_everybody_types_ok(self):
        server, alice = self.server(PHONE_LOGINS=0), self.authx.user(phone=True)
        first = server.vpn(alice.name)
        outcome = first.answer("push")
        self.assertIn(TYPE_OK, outcome.challenge)
        alice.phones[0].approve(self.number(first))
        self.allowed(outcome.answer("ok"))


class Numbers(Scenario):
    def test_where_none_is_wanted_none_is_shown(self):
        application = self.authx.application_with('match_number = "off"\n')
        server = self.server(application, PHONE_SECS=PATIENCE_SECS)
        alice = self.authx.user(phone=True)
        first = server.vpn(alice.name)
        self.asked(first, FIRST_WITHOUT)
        waiting = Beside(first.answer, "push")
        alice.phones[0].approve()
        self.allowed(waiting.result())

    def test_where_it_can_be_shown_it_is_needed(self):
        application = self.authx.application_with('match_number = "where_shown"\n')
        server, alice = self.server(application, PHONE_SECS=0), self.authx.user(phone=True)
        first = server.vpn(alice.name)
        number = self.asked(first, FIRST)
        outcome = first.answer("push")
        alice.phones[0].run("approve", ends=(1,))
        alice.phones[0].approve(number)
        self.allowed(outcome.answer("ok"))

    def test_an_application_without_phones(self):
        server = self.server(self.authx.application_with('factors = ["code"]\n'))
        alice = self.authx.user(phone=True)
        self.asked(server.vpn(alice.name), "Enter AuthX code.")


class ByItself(Scenario):
    """The policy has the phone asked before anything was typed."""

    def server_with(self, policy, **constants):
        policy = 'automatic_push = "on"\n' + policy
        return self.server(self.authx.application_with(policy), **constants)

    def subscriber(self):
        person = self.authx.user()
        person.phone(subscribed=True)
        return person

    def test_with_a_number_that_has_to_be_seen_first(self):
        server, alice = self.server_with("", PHONE_SECS=PATIENCE_SECS), self.subscriber()
        first = server.vpn(alice.name)
        self.assertLess(first.secs, SOON_SECS)
        self.assertIn(TYPE_OK, first.challenge)
        alice.phones[0].approve(self.number(first))
        self.allowed(first.answer("ok"))

    def test_a_code_instead(self):
        server, alice = self.server_with("", PHONE_SECS=PATIENCE_SECS), self.subscriber()
        self.allowed(server.vpn(alice.name).answer(alice.code()))

    def test_without_a_number_nothing_is_asked(self):
        server = self.server_with('match_number = "off"\n', PHONE_SECS=PATIENCE_SECS)
        alice = self.subscriber()
        waiting = Beside(server.vpn, alice.name)
        alice.phones[0].approve()
        self.allowed(waiting.result())

    def test_without_a_number_and_not_answered(self):
        server, alice = self.server_with('match_number = "off"\n'), self.subscriber()
        first = server.vpn(alice.name)
        self.assertIn(TYPE_OK, first.challenge)
        alice.phones[0].approve()
        self.allowed(first.answer("ok"))

    def test_a_phone_that_gets_no_notices_is_not_asked_by_itself(self):
        server, alice = self.server_with(""), self.authx.user(phone=True)
        self.asked(server.vpn(alice.name), FIRST)
