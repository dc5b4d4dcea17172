# -*- coding: ascii -*-
"""Challenges in the stand-in: what is kept, and what clients make of the text."""

import time
import unittest

import crv1
from access_server import AccessServer
from sample_scripts import SUM, TRIES, doing

AGAIN = doing("""
asked = crstate.get("asked") or 0
if asked:
    crstate.expire()
    authret["status"] = SUCCEED
crstate["asked"] = asked + 1
if asked < 2:
    crstate.challenge_post_auth(authret, "Once more")
""")


class Kept(unittest.TestCase):
    def test_an_answer_counts_once(self):
        with AccessServer(TRIES) as server:
            asked = server.vpn("ann")
            self.assertEqual(len(server.challenges), 1)
            self.assertTrue(asked.answer("word").allowed)
            again = asked.answer("word")
            self.assertFalse(again.allowed or again.called)
            self.assertEqual(len(server.challenges), 0)

    def test_a_script_that_forgets_expire_can_be_asked_again(self):
        script = doing("if 'a' in crstate:\n    print(crstate.response())\n"
                       "    authret['status'] = SUCCEED\nelse:\n"
                       "    crstate['a'] = 1\n    crstate.challenge_post_auth(authret, 'A?')")
        with AccessServer(script) as server:
            asked = server.vpn("ann")
            self.assertTrue(asked.answer("1").allowed and asked.answer("2").allowed)
            self.assertEqual(server.log, "1\n2\n")

    def test_rounds_without_expire(self):
        with AccessServer(TRIES) as server:
            asked = server.vpn("ann")
            second = asked.answer("no")
            self.assertEqual(second.challenge, "Word? Try 2")
            self.assertFalse(asked.answer("word").called)
            self.assertTrue(second.answer("no").answer("word").allowed)
            self.assertFalse(server.vpn("ann").answer("no").answer("no").answer("no").allowed)

    def test_rounds_after_expire_are_kept_or_lost(self):
        with AccessServer(AGAIN) as server:
            self.assertTrue(server.vpn("ann").answer("1").answer("2").allowed)
        with AccessServer(AGAIN, after_expire="lost") as server:
            lost = server.vpn("ann").answer("1").answer("2")
            self.assertFalse(lost.allowed or lost.called)

    def test_a_script_says_itself_that_an_answer_is_right(self):
        script = doing("if 'a' not in crstate:\n    crstate['a'] = 1\n"
                       "    crstate.challenge_post_auth(authret, 'A?')")
        for status in (0, 1):
            with AccessServer(script, status_at_answer=status) as server:
                self.assertEqual(server.vpn("ann").answer("b").allowed, status == 0)

    def test_a_challenge_is_waited_for_a_while(self):
        with AccessServer(TRIES, challenge_secs=0.05) as server:
            asked = server.vpn("ann")
            time.sleep(0.1)
            self.assertFalse(asked.answer("word").called)

    def test_a_challenge_belongs_to_its_user(self):
        with AccessServer(TRIES) as server:
            asked = server.vpn("ann")
            self.assertFalse(asked.answer("word", user="bob").called)
            self.assertTrue(asked.answer("word").allowed)
        with AccessServer(TRIES, states_bound=False) as server:
            self.assertTrue(server.vpn("ann").answer("word", user="bob").called)

    def test_what_was_never_asked_is_refused(self):
        with AccessServer(TRIES) as server:
            for password in ("CRV1::nothing::word", "CRV1::::word", "CRV1::a", "SCRV1:a"):
                refused = server.vpn("ann", password)
                self.assertFalse(refused.allowed or refused.called)

    def test_an_answer_may_be_empty_or_missing_or_odd(self):
        script = doing("if 'a' in crstate:\n    print(repr(crstate.response()))\n"
                       "    authret['status'] = SUCCEED\nelse:\n"
                       "    crstate['a'] = 1\n    crstate.challenge_post_auth(authret, 'A?')\n"
                       "    assert crstate.response() is None")
        with AccessServer(script) as server:
            for text in ("", None, "a:b::c", " two words ", "'\"\\", "\n"):
                self.assertTrue(server.vpn("ann").answer(text).allowed)
                self.assertEqual(server.log.split("\n")[-2], repr(text))
            self.assertTrue(server.vpn("ann").answer(u"\xfc").allowed)

    def test_only_plain_values_are_kept(self):
        for value in ("object()", "(1, 2)", "{1: 2}", "set()", "b'\\xff'", "lambda: 1",
                      "float('nan')"):
            script = doing("try:\n    crstate['a'] = %s\nexcept Exception:\n    pass" % value)
            with AccessServer(script) as server:
                with self.assertRaises(AssertionError):
                    server.vpn("ann")
        script = doing("crstate['a'] = {'b': [1, 2.5, None, True, u'c', 'd']}\n"
                       "crstate.challenge_post_auth(authret, 'A?')")
        with AccessServer(script) as server:
            self.assertTrue(server.vpn("ann").challenge)

    def test_what_a_script_must_not_do(self):
        ask = "crstate.challenge_post_auth(authret, 'A?')\n"
        for lines in (ask + "authret['status'] = SUCCEED", ask + ask,
                      ask + "authret['client_reason'] = 'x'",
                      "crstate.challenge_post_auth(authret, 7)", "crstate.update({})"):
            with AccessServer(doing(lines)) as server:
                with self.assertRaises(AssertionError):
                    server.vpn("ann")


class Clients(unittest.TestCase):
    def challenge(self, text, login="vpn"):
        with AccessServer(doing("crstate.challenge_post_auth(authret, %r)" % text)) as server:
            return getattr(server, login)("ann").challenge

    def refusal(self, **fields):
        lines = ["authret[%r] = %r" % field for field in fields.items()]
        lines.append("authret['status'] = FAIL")
        with AccessServer(doing("\n".join(lines))) as server:
            return server.vpn("ann")

    def test_the_text_is_that_of_the_protocol(self):
        self.assertEqual(crv1.render("abc", "cr1", "Please enter token PIN", True),
                         "CRV1:R,E:abc:Y3Ix:Please enter token PIN")
        self.assertEqual(crv1.parse("CRV1:R,E:Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l:Y3Ix:PIN: 1"),
                         (True, True, "Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l", "cr1", "PIN: 1"))
        self.assertEqual(crv1.parse_static("SCRV1:YmFy:ODY3NTMwOQ=="), ("bar", "8675309"))
        self.assertEqual(crv1.dynamic_password("abc", "8675309"), "CRV1::abc::8675309")
        with AccessServer(SUM) as server:
            self.assertIn(" (9007)</Message>", server.rest("ann").rest)

    def test_names_of_any_kind_come_back(self):
        with AccessServer(TRIES) as server:
            for user in ("ann", u"ann", "corp\\ann", "ann@corp.example", u"\xfcnal", u"\u20ac uro",
                         "x" * 100):
                self.assertTrue(server.vpn(user).answer("word").allowed)

    def test_texts_that_all_clients_show(self):
        for text in ("A?", "A: b, c; 482 913.", "'", '"', "[a]", "a" * 900):
            self.assertEqual(self.challenge(text), text)
        letter = crv1.native(b"\xc3\xbc")
        self.assertEqual(self.challenge(letter), letter)
        self.assertEqual(self.refusal(client_reason="Denied. [K7WQ3M]", reason="x").client_reason,
                         "Denied. [K7WQ3M]")

    def test_texts_that_a_client_would_cut_or_misread(self):
        for text in ("", "a\nb", "a\r", "a\0b", "a\x7f", u"a\x85b", "see ['this'] one", "a" * 1000,
                     u"\xfc" * 500):
            with self.assertRaises(AssertionError):
                self.challenge(text)
        for text in ("a & b", "a < b"):
            self.assertEqual(self.challenge(text), text)
            with self.assertRaises(AssertionError):
                self.challenge(text, "rest")

    def test_reasons_that_a_client_would_cut_or_misread(self):
        for text in ("a\nb", "TEMP away", "SESSION over", "CRV1:R:a:b:c", "see CRV1:", " a",
                     "a" * 1012):
            with self.assertRaises(AssertionError):
                self.refusal(client_reason=text, reason="x")
        with self.assertRaises(AssertionError):
            self.refusal(reason="a\nb")
        with self.assertRaises(AssertionError):
            self.refusal(reason="a" * 600, client_reason="b" * 600)

    @unittest.skipUnless(str is bytes, "Python 3 has one kind of text")
    def test_unicode_that_is_not_ascii_on_python_2(self):
        with self.assertRaises(AssertionError):
            self.refusal(client_reason=u"\xfc", reason="x")

    def test_an_answer_that_no_client_can_send(self):
        with AccessServer(TRIES) as server:
            with self.assertRaises(AssertionError):
                server.vpn("ann").answer("a" * 4096)
