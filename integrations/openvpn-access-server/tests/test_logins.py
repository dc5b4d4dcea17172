# coding: utf-8
"""Logins by what is typed: codes, recovery codes, words, and who may not sign in."""

import re

from people import text
from scenario import NOT_PERMITTED, TIMED_OUT, Beside, Scenario

CODE = "Enter AuthX code."
AGAIN = "Enter the code in your authenticator app:"
FROM_APP = "Code from your authenticator app:"


class Codes(Scenario):
    def test_a_right_code_lets_in_and_stands_in_both_logs(self):
        server, alice = self.server(), self.authx.user()
        first = server.vpn(alice.name)
        self.asked(first, CODE)
        self.assertTrue(first.echo)
        self.allowed(first.answer(alice.code()))
        code = self.code_of(server, alice.name)
        self.assertEqual(self.kinds(code), ["login_began", "login_allowed"])
        self.assertEqual(self.lines(server, code)[-1],
                         "AuthX [%s] %s: allowed by code" % (code, alice.name))
        self.assertIn("by=code", self.authx.log(code))

    def test_a_wrong_code_is_asked_again(self):
        server, alice = self.server(), self.authx.user()
        outcome = server.vpn(alice.name).answer(alice.wrong_code())
        self.asked(outcome, "Wrong code, 2 tries left. " + AGAIN)
        self.allowed(outcome.answer(alice.code()))
        self.assertEqual(self.kinds(self.code_of(server, alice.name)),
                         ["login_began", "login_answered", "login_allowed"])

    def test_a_code_counts_once(self):
        server, alice = self.server(), self.authx.user()
        code = alice.code()
        self.allowed(server.vpn(alice.name).answer(code))
        again = server.vpn(alice.name).answer(code)
        self.asked(again, "This code was used already; wait for the next one. 2 tries left. "
                   + AGAIN)
        self.allowed(again.answer(alice.code()))

    def test_one_answer_lets_one_in(self):
        server, alice = self.server(threads=6), self.authx.user()
        first, code = server.vpn(alice.name), alice.code()
        answers = [Beside(first.answer, code) for _ in range(6)]
        self.assertEqual([each.result().allowed for each in answers].count(True), 1)

    def test_wrong_codes_end_the_login_and_the_next_one_has_to_wait(self):
        server, alice = self.server(), self.authx.user()
        outcome = server.vpn(alice.name)
        for which in range(2):
            outcome = outcome.answer(alice.wrong_code(which))
        last = outcome.answer(alice.wrong_code(2))
        code = self.refused(last, "Wrong code. Sign in again with a new one.")
        self.assertIn("reason=wrong_code", self.authx.log(code))
        waits = server.vpn(alice.name).answer(alice.wrong_code(3))
        self.refused(waits, "Too many wrong codes. Wait a while, then sign in again.")
        elsewhere = server.vpn(alice.name, address="203.0.113.9")
        self.allowed(elsewhere.answer(alice.code()))

    def test_a_factor_is_locked_by_too_many_wrong_codes(self):
        application = self.authx.application_with("[limits]\nlock_after = 5\n")
        server, alice = self.server(application), self.authx.user()
        for network in range(5):
            # Each network has its own delay; the lock counts over all of them.
            first = server.vpn(alice.name, address="203.0.%d.9" % network)
            self.assertIn("Wrong code", first.answer(alice.wrong_code(network)).challenge)
        locked = "Too many wrong codes. Ask your administrator to unlock you."
        last = server.vpn(alice.name, address="192.0.2.9").answer(alice.code())
        self.assertIn("factor_locked", self.authx.log(self.refused(last, locked)))
        self.authx.command("user", "enable", alice.name)
        self.allowed(server.vpn(alice.name, address="192.0.2.9").answer(alice.code()))

    def test_a_code_may_have_gaps(self):
        server, alice = self.server(), self.authx.user()
        code = alice.code()
        self.allowed(server.vpn(alice.name).answer(" %s %s " % (code[:3], code[3:])))

    def test_no_code_key_or_number_is_in_the_log(self):
        server, alice = self.server(), self.authx.user(phone=True)
        code, first = alice.code(), server.vpn(alice.name)
        number = self.number(first)
        wrong = first.answer(alice.wrong_code())
        self.allowed(wrong.answer(code))
        for secret in (code, alice.wrong_code(), self.application.key, number,
                       number[:3] + " " + number[3:]):
            self.assertNotIn(secret, server.log)

    def test_a_message_of_the_first_factor_is_left_alone(self):
        server, alice = self.server(), self.authx.user()
        allowed = self.allowed(server.vpn(alice.name).answer(alice.code()))
        self.assertEqual(allowed.authret["reason"], "local auth succeeded")
        self.assertNotIn("client_reason", allowed.authret)


class RecoveryCodes(Scenario):
    def test_a_recovery_code_counts_once(self):
        server, alice = self.server(), self.authx.user()
        codes = alice.recovery()
        first = server.vpn(alice.name)
        self.asked(first, "Enter AuthX code, or type recovery.")
        self.allowed(first.answer(codes[0]))
        self.assertIn("by=recovery", self.authx.log(self.code_of(server, alice.name)))
        again = server.vpn(alice.name).answer(codes[0])
        self.assertIn("Wrong code", again.challenge)
        self.allowed(again.answer(codes[1].upper().replace("-", "")))

    def test_a_word_asks_for_it(self):
        server, alice = self.server(), self.authx.user()
        codes = alice.recovery()
        second = server.vpn(alice.name).answer("Recovery")
        self.assertIn("recovery code", second.challenge.lower())
        self.allowed(second.answer(codes[0]))

    def test_there_and_back(self):
        server, alice = self.server(), self.authx.user()
        alice.recovery()
        outcome = server.vpn(alice.name).answer("r")
        outcome = outcome.answer("code")
        self.asked(outcome, FROM_APP)
        outcome = outcome.answer(alice.wrong_code())
        self.assertIn("Wrong code, 2 tries left.", outcome.challenge)
        self.allowed(outcome.answer(alice.code()))

    def test_the_only_factor(self):
        server, alice = self.server(), self.authx.user(code=False)
        codes = alice.recovery()
        first = server.vpn(alice.name)
        self.asked(first, "AuthX: type recovery.")
        self.allowed(first.answer(codes[0]))


class OddAnswers(Scenario):
    def test_an_empty_answer_is_none(self):
        server, alice = self.server(), self.authx.user()
        outcome = server.vpn(alice.name).answer("")
        self.asked(outcome, FROM_APP)
        self.allowed(outcome.answer(alice.code()))

    def test_empty_answers_come_to_an_end(self):
        server, alice = self.server(), self.authx.user()
        outcome, asked = server.vpn(alice.name), 0
        while outcome.challenge is not None and asked < 10:
            outcome, asked = outcome.answer("   "), asked + 1
        code = self.refused(outcome, "Answer not understood. Sign in again and type the code.")
        self.assertIn("unknown_answer", self.authx.log(code))

    def test_no_answer_at_all_ends_the_login(self):
        server, alice = self.server(), self.authx.user()
        code = self.refused(server.vpn(alice.name).answer(None), TIMED_OUT)
        self.assertEqual(self.kinds(code), ["login_began", "login_cancelled"])

    def test_an_unknown_word_is_asked_again(self):
        server, alice = self.server(), self.authx.user()
        outcome = server.vpn(alice.name).answer("pusch")
        self.asked(outcome, "Not understood. " + AGAIN)
        self.allowed(outcome.answer(alice.code()))

    def test_answers_that_nobody_types(self):
        server, alice = self.server(), self.authx.user()
        for answer in (u"\u30b3\u30fc\u30c9", "x" * 500, "::", "%s%n", '"}', "\x07"):
            outcome = server.vpn(alice.name).answer(text(answer))
            self.assertIn("Not understood.", outcome.challenge, repr(answer))

    def test_an_old_question_cannot_be_answered_again(self):
        server, alice = self.server(), self.authx.user()
        first = server.vpn(alice.name)
        self.asked(first.answer(alice.wrong_code()), "Wrong code, 2 tries left. " + AGAIN)
        replayed = first.answer(alice.code())
        self.assertFalse(replayed.allowed)
        self.assertIsNone(replayed.challenge)

    def test_what_another_call_has_kept_is_not_for_another_user(self):
        server, alice, mallory = self.server(), self.authx.user(), self.authx.user()
        first = server.vpn(alice.name)
        # As if Access Server did not look whose question it was.
        server._states_bound = False
        answered = first.answer(alice.code(), user=mallory.name)
        self.refused(answered, "The question is no longer open. Sign in again.")
        self.assertIn("another user", self.lines(server, self.code_of(server, mallory.name))[-1])


class WhoMayNot(Scenario):
    def refused_at_once(self, name, told, why):
        server = self.server()
        code = self.refused(server.vpn(name), told)
        self.assertIn(why, self.authx.log(code))
        self.assertEqual(len(self.lines(server, code)), 1, server.log)
        self.assertIn("AuthX says", self.lines(server, code)[0])

    def test_nobody_of_that_name(self):
        self.refused_at_once("mallory", NOT_PERMITTED, "reason=unknown_user")

    def test_a_disabled_account(self):
        alice = self.authx.user()
        self.authx.command("user", "disable", alice.name)
        self.refused_at_once(alice.name, NOT_PERMITTED, "reason=account_disabled")

    def test_nobody_learns_which_of_them_it_was(self):
        server, alice = self.server(), self.authx.user()
        self.authx.command("user", "disable", alice.name)
        reasons = [server.vpn(name).reason[len("AuthX [ABCDEF]"):]
                   for name in (alice.name, "mallory")]
        self.assertEqual(reasons[0], reasons[1])

    def test_without_a_factor(self):
        alice = self.authx.user(code=False)
        self.refused_at_once(alice.name, "You have no second factor yet. Ask your administrator.",
                             "reason=not_enrolled")

    def test_disabled_while_asked(self):
        server, alice = self.server(), self.authx.user()
        first = server.vpn(alice.name)
        self.authx.command("user", "disable", alice.name)
        self.refused(first.answer(alice.code()), NOT_PERMITTED)

    def test_an_application_that_does_not_believe_access_server(self):
        application = self.authx.application_with('first_factors = ["password"]\n')
        server, alice = self.server(application), self.authx.user()
        code = self.refused(server.vpn(alice.name), NOT_PERMITTED)
        self.assertIn("first_factor_not_allowed", self.authx.log(code))

    def test_help_is_the_policys(self):
        policy = '[messages]\nhelp = "Call 1234."\n'
        server = self.server(self.authx.application_with(policy))
        self.refused(server.vpn("mallory"), "Sign-in is not permitted. Call 1234.")

    def test_a_first_phone_is_enrolled_at_the_prompt(self):
        server, alice = self.server(), self.authx.user(code=False)
        self.authx.command("user", "enrolment", "open", alice.name, "--hours", "1")
        first = server.vpn(alice.name)
        self.assertFalse(first.allowed)
        self.assertTrue(re.search("[2-9A-Z]{4}-[2-9A-Z]{4}", first.challenge), first.challenge)
        self.assertNotIn("Enter AuthX code", first.challenge)


class Policies(Scenario):
    def test_no_second_factor_wanted(self):
        server = self.server(self.authx.application_with('second_factor = "off"\n'))
        alice = self.authx.user()
        self.allowed(server.vpn(alice.name))
        self.assertIn("by=policy", self.authx.log(self.code_of(server, alice.name)))

    def test_its_own_prompt(self):
        application = self.authx.application_with('[messages]\nprompt = "Acme code, please"\n')
        server, alice = self.server(application, PROMPT=""), self.authx.user()
        first = server.vpn(alice.name)
        self.asked(first, "Acme code, please")
        self.allowed(first.answer(alice.code()))

    def test_its_own_prompt_has_the_number_too(self):
        application = self.authx.application_with('[messages]\nprompt = "Acme code, or push"\n')
        server, alice = self.server(application, PROMPT=""), self.authx.user(phone=True)
        self.asked(server.vpn(alice.name),
                   "Acme code, or push. For the phone the number is NUMBER.")

    def test_the_prompt_of_the_constants(self):
        server, alice = self.server(PROMPT="Acme code:"), self.authx.user()
        self.asked(server.vpn(alice.name), "Acme code.")

    def test_a_prompt_in_other_letters(self):
        server, alice = self.server(PROMPT=u"Bitte Code f\u00fcr AuthX"), self.authx.user()
        self.asked(server.vpn(alice.name), u"Bitte Code f\u00fcr AuthX.")


class Names(Scenario):
    def signs_in(self, person, typed, **constants):
        server = self.server(**constants)
        first = server.vpn(typed)
        self.asked(first, CODE)
        self.allowed(first.answer(person.code()))
        code = re.findall(r"AuthX \[(\w{6})\]", server.log)[-1]
        self.assertIn("login_allowed", self.kinds(code))
        return server, code

    def test_case_makes_no_difference(self):
        alice = self.authx.user(self.authx.new_name("Alice"))
        self.signs_in(alice, alice.name.upper())

    def test_spaces(self):
        self.signs_in(self.authx.user("Alice B. Carroll"), "Alice B. Carroll")

    def test_umlauts(self):
        person = self.authx.user(u"J\u00fcrgen Gro\u00df")
        typed = u"J\u00fcrgen Gro\u00df"
        _, code = self.signs_in(person, typed)
        self.assertIn(typed, self.authx.log(code))

    def test_bytes_where_text_is_bytes(self):
        person = self.authx.user(u"S\u00f8ren")
        # The same on 3.x, where a name is always text.
        self.signs_in(person, "Søren")

    def test_signs(self):
        name = u"o'brien+\"x\" <%s>&\\d"
        self.signs_in(self.authx.user(name), name)

    def test_the_longest(self):
        name = "a" * 100
        self.signs_in(self.authx.user(name), name)

    def test_too_long(self):
        server = self.server()
        outcome = server.vpn("b" * 127)
        self.refused(outcome, NOT_PERMITTED)

    def test_longer_than_any_name_may_be(self):
        outcome = self.server().call({"username": "b" * 5000}, {"vpn_auth": True},
                                     {"auth_method": "local"})
        self.assertFalse(outcome.allowed)
        self.assertLessEqual(len(outcome.client_reason), 120)
        self.assertLess(len(outcome.reason), 300)

    def test_no_name(self):
        for authcred in ({}, {"username": ""}, {"username": None}):
            outcome = self.server().call(authcred, {"vpn_auth": True}, {"auth_method": "local"})
            self.assertFalse(outcome.allowed)
            self.assertTrue(outcome.client_reason.startswith("Sign-in is not p"), outcome)

    def test_a_line_break_makes_no_line_of_its_own_in_the_log(self):
        server = self.server()
        server.call({"username": "x\nAuthX [AAAAAA] alice: allowed by code"}, {"vpn_auth": True},
                    {"auth_method": "local"})
        self.assertEqual(len(server.log.splitlines()), 1, server.log)

    def test_an_alias(self):
        alias = "CORP\\" + self.authx.new_name("alias")
        self.signs_in(self.authx.user(aliases=[alias]), alias)

    def test_a_domain_is_put_behind(self):
        name = self.authx.new_name("anna")
        person = self.authx.user(name + "@corp.example")
        self.signs_in(person, name, DOMAIN_SUFFIX="corp.example")
        self.refused(self.server().vpn(name), NOT_PERMITTED)

    def test_a_name_that_has_one_keeps_it(self):
        name = self.authx.new_name("home")
        windows, mail = "CORP\\" + name, name + "@home.example"
        person = self.authx.user(aliases=[windows, mail])
        self.signs_in(person, windows, DOMAIN_SUFFIX="corp.example")
        self.signs_in(person, mail, DOMAIN_SUFFIX="corp.example")


class FirstCall(Scenario):
    def test_nothing_goes_to_a_phone_before_it_is_wanted(self):
        server, alice = self.server(), self.authx.user(phone=True)
        first = server.vpn(alice.name)
        self.asked(first, "Enter AuthX code, or type push; the number for the phone is NUMBER.")
        self.allowed(first.answer(alice.code()))
        code = self.code_of(server, alice.name)
        self.assertEqual(self.kinds(code), ["login_began", "login_allowed"])

    def test_all_words_stand_in_it(self):
        server, alice = self.server(), self.authx.user(phone=True)
        alice.recovery()
        self.asked(server.vpn(alice.name), "Enter AuthX code, or type push or recovery;"
                   " the number for the phone is NUMBER.")

    def test_each_login_has_its_own_number(self):
        server, alice = self.server(), self.authx.user(phone=True)
        numbers = set(self.number(server.vpn(alice.name)) for _ in range(3))
        self.assertGreater(len(numbers), 1)

    def test_the_clients_name_may_be_typed_otherwise_the_second_time(self):
        server, alice = self.server(), self.authx.user()
        first = server.vpn(alice.name)
        self.asked(first, CODE)
        # A client sends the name of the challenge, which is that of the first call.
        self.assertEqual(first._user, alice.name)
