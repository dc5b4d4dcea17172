"""Factors that AuthX does not have yet: the package passes on what it is offered.

The stand-in signs as AuthX does, and says of `sms`, `call`, `face` and `palm` what the protocol
says of every factor.
"""

import json

import fake_authx
from fake_authx import FakeAuthX, certificates
from scenario import Scenario

WORDS = ("code", "push", "sms", "call", "face", "palm")
NUMBER = "482913"


class LaterFactors(Scenario):
    def setUp(self):
        self.fake = FakeAuthX()
        self.addCleanup(self.fake.close)
        self.access_server = self.server(
            APPLICATION_URL=self.fake.url, APPLICATION_ID=fake_authx.APPLICATION, PHONE_SECS=5,
            DEFAULT_SECRET_KEY=fake_authx.KEY_TEXT, CA_FILE=certificates("authority")[0])

    def then(self, *logins):
        """What AuthX says to the next calls."""
        self.fake.then(*[fake_authx.sends(200, dict(fake_authx.LOGIN, **login))
                         for login in logins])

    def typed(self):
        """What the script has handed in, in order."""
        bodies = [json.loads(request.body.decode("utf-8")) for request in self.fake.requests
                  if request.method == "POST"]
        return [(body["seq"], body["text"]) for body in bodies]

    def test_each_word_stands_in_the_question(self):
        self.then(waits("awaiting_input", "", WORDS))
        self.asked(self.access_server.vpn("alice"),
                   "Enter AuthX code, or type push, sms, call, face or palm;"
                   " the number for the phone is NUMBER.")

    def test_without_a_phone_there_is_no_number(self):
        self.then(waits("awaiting_input", "", ("code", "sms")))
        self.asked(self.access_server.vpn("alice"), "Enter AuthX code, or type sms.")

    def test_without_codes_only_words_are_asked_for(self):
        self.then(waits("awaiting_input", "", ("face", "call")))
        self.asked(self.access_server.vpn("alice"),
                   "AuthX: type face or call; the number for the phone is NUMBER.")

    def test_a_code_by_sms_takes_one_more_round(self):
        told = "Sent to the number that ends in 89. Enter the code:"
        wrong = "Wrong code, 2 tries left. Enter the code:"
        self.then(waits("awaiting_input", "", WORDS), waits("delivering", told, ("sms",)),
                  waits("awaiting_code", wrong, ("sms",)),
                  {"state": "allowed", "factor": "sms", "version": 4})
        first = self.access_server.vpn("alice")
        second = first.answer("sms")
        self.asked(second, told)
        third = second.answer("000000")
        self.asked(third, wrong)
        self.allowed(third.answer("123456"))
        self.assertEqual(self.typed(), [(1, "sms"), (2, "000000"), (3, "123456")])
        self.assertIn("alice: allowed by sms", self.access_server.log)

    def test_a_code_by_a_call_that_did_not_come_through(self):
        refused = {"state": "refused", "reason": {
            "code": "undelivered", "text": "The call did not come through. Try again. [K7QF2M]"}}
        self.then(waits("awaiting_input", "", WORDS), refused)
        outcome = self.access_server.vpn("alice").answer("call")
        self.assertFalse(outcome.allowed)
        self.assertEqual(outcome.client_reason, refused["reason"]["text"])
        self.assertIn("AuthX says undelivered", outcome.reason)

    def test_face_and_palm_are_waited_for_like_push(self):
        for word in ("face", "palm"):
            self.then(waits("awaiting_input", "", WORDS),
                      waits("awaiting_phone", "Sent to her phone.", WORDS),
                      waits("awaiting_phone", "Her phone has it.", WORDS),
                      {"state": "allowed", "factor": word, "version": 4, "id": "log_" + word})
            self.allowed(self.access_server.vpn("alice").answer(word))
            self.assertIn("alice: allowed by %s" % word, self.access_server.log)


def waits(state, told, words):
    """A login that is open."""
    offers = [{"word": word, "factor": word, "hint": word} for word in words]
    prompt = {"text": told, "echo": True, "offers": offers}
    return {"state": state, "version": 2, "match_number": NUMBER, "prompt": prompt}
