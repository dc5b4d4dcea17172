"""Somebody else answers instead of AuthX: whatever it says, it is no yes."""

import fake_authx
from fake_authx import FakeAuthX, certificates
from scenario import ASK_ADMINISTRATOR, SOON_SECS, TRY_AGAIN, Beside, Scenario

ALLOWED = dict(fake_authx.LOGIN, state="allowed", factor="code")
QUICK = {"CONNECT_SECS": 1, "CALL_SECS": 2, "APPLICATION_ID": fake_authx.APPLICATION,
         "DEFAULT_SECRET_KEY": fake_authx.KEY_TEXT}
LET_IN = "LET IN WITHOUT A SECOND FACTOR"


class Strangers(Scenario):
    def fake(self, **how):
        fake = FakeAuthX(**how)
        self.addCleanup(fake.close)
        return fake

    def before(self, fake, **constants):
        constants.setdefault("CA_FILE", certificates("authority")[0])
        return self.server(APPLICATION_URL=fake.url, **dict(QUICK, **constants))

    def refused_whatever_outage_says(self, behaviour, **constants):
        for outage in ("refuse", "allow"):
            fake = self.fake()
            fake.then(behaviour)
            server = self.before(fake, OUTAGE=outage, **constants)
            outcome = server.vpn("alice")
            self.refused(outcome, ASK_ADMINISTRATOR)
            self.assertLess(outcome.secs, 2 + SOON_SECS)
            self.assertNotIn(LET_IN, server.log)

    def test_the_stand_in_can_say_yes(self):
        # Or else all the others here would prove nothing.
        fake = self.fake()
        fake.then(fake_authx.sends(200, ALLOWED))
        self.allowed(self.before(fake).vpn("alice"))

    def test_an_unsigned_yes(self):
        self.refused_whatever_outage_says(fake_authx.unsigned(200, ALLOWED))

    def test_a_yes_signed_with_another_key(self):
        self.refused_whatever_outage_says(fake_authx.sends(200, ALLOWED, key=b"x" * 32))

    def test_a_yes_to_another_request(self):
        self.refused_whatever_outage_says(
            fake_authx.sends(200, ALLOWED, sent=":" + "A" * 43 + "=:"))

    def test_a_yes_whose_body_was_changed(self):
        digest = fake_authx.digest_of(b"{}")
        self.refused_whatever_outage_says(fake_authx.sends(200, ALLOWED, digest=digest))

    def test_a_yes_with_another_status(self):
        self.refused_whatever_outage_says(fake_authx.sends(200, ALLOWED, signed_status=403))

    def test_redirects(self):
        for status in (301, 302, 303, 307, 308):
            elsewhere = self.fake()
            elsewhere.then(fake_authx.sends(200, ALLOWED))
            self.refused_whatever_outage_says(fake_authx.redirect(status, elsewhere.url + "/"))
            self.assertEqual(elsewhere.requests, [])

    def test_garbage(self):
        for behaviour in (fake_authx.garbage, fake_authx.echo, fake_authx.no_tls,
                          fake_authx.unsigned(200, b"<html>"), fake_authx.unsigned(404, b"x"),
                          fake_authx.sends(200, b"not json"), fake_authx.sends(200, [])):
            self.never_yes(behaviour)

    def test_what_ends_too_early_or_never(self):
        trying = []
        for behaviour in (fake_authx.say_nothing, fake_authx.close_at_once,
                          fake_authx.unfinished_tls, fake_authx.dripping_tls,
                          fake_authx.silent_after_request, fake_authx.close_after_request,
                          fake_authx.drip_headers, fake_authx.drip_body, fake_authx.half_headers,
                          fake_authx.half_body, fake_authx.endless_headers, fake_authx.huge):
            trying.append(Beside(self.never_yes, behaviour))
        for each in trying:
            each.result()

    def never_yes(self, behaviour):
        fake = self.fake()
        fake.then(behaviour)
        server = self.before(fake)
        outcome = server.vpn("alice")
        self.assertFalse(outcome.allowed, behaviour)
        self.assertIsNone(outcome.challenge, behaviour)
        self.assertIn("Sign-in is not possible right now.", outcome.client_reason)
        self.assertLess(outcome.secs, 2 + SOON_SECS, behaviour)

    def test_bad_certificates(self):
        for certificate in ("other_name", "expired", "self_signed"):
            for outage in ("refuse", "allow"):
                fake = self.fake(certificate=certificate)
                fake.then(fake_authx.sends(200, ALLOWED))
                server = self.before(fake, OUTAGE=outage)
                self.refused(server.vpn("alice"), ASK_ADMINISTRATOR)
                self.assertEqual(fake.requests, [])

    def test_an_authority_that_is_not_ours(self):
        for file in (certificates("self_signed")[0], self.authx.certificate, ""):
            fake = self.fake()
            fake.then(fake_authx.sends(200, ALLOWED))
            server = self.before(fake, CA_FILE=file)
            self.refused(server.vpn("alice"), ASK_ADMINISTRATOR)
            self.assertEqual(fake.requests, [])

    def test_busy_for_a_moment(self):
        fake = self.fake()
        fake.then(fake_authx.busy(), fake_authx.sends(200, ALLOWED))
        self.allowed(self.before(fake).vpn("alice"))

    def test_busy_for_good(self):
        for outage in ("refuse", "allow"):
            fake = self.fake()
            fake.then(fake_authx.busy())
            server = self.before(fake, OUTAGE=outage)
            outcome = server.vpn("alice")
            self.assertEqual(outcome.allowed, outage == "allow")
            self.assertEqual(LET_IN in server.log, outage == "allow")
            if outage == "refuse":
                self.refused(outcome, TRY_AGAIN)

    def test_errors_of_authx_itself(self):
        for status, code in ((400, "not_json"), (403, "whatever"), (422, "invalid_request"),
                             (429, "slow_down"), (500, "fault"), (401, "signature")):
            for outage in ("refuse", "allow"):
                fake = self.fake()
                fake.then(fake_authx.problem(status, code))
                server = self.before(fake, OUTAGE=outage)
                self.assertFalse(server.vpn("alice").allowed)
                self.assertNotIn(LET_IN, server.log)
