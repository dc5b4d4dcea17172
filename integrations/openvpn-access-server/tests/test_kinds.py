# coding: utf-8
"""Every kind of login that Access Server brings, and what AuthX's record has of it."""

from scenario import (NOT_PERMITTED, PATIENCE_SECS, SOON_SECS, TIMED_OUT, TYPE_OK, Beside, Scenario,
                      Overheard)

ASKED = "Enter AuthX code."
ADMIN = "WEB_ADMIN"


class Ways(Scenario):
    def signs_in(self, way, person, **details):
        """By code; gives what the record has of the beginning."""
        server = self.server()
        first = getattr(server, way)(person.name, **details)
        self.asked(first, ASKED)
        self.allowed(first.answer(person.code()))
        return self.entry(self.code_of(server, person.name), "login_began")["detail"]

    def test_vpn(self):
        began = self.signs_in("vpn", self.authx.user())
        self.assertEqual(began["method"], "crv1")
        self.assertEqual(began["first_factor"], "access_server")
        self.assertEqual(began["address"], "198.51.100.7")
        self.assertEqual(began["server"], "vpn1")
        self.assertEqual(began["platform"], "win")

    def test_client_web_page(self):
        began = self.signs_in("web_client", self.authx.user())
        self.assertEqual(began["method"], "web")
        self.assertEqual(began["address"], "198.51.100.7")

    def test_admin_ui(self):
        began = self.signs_in("admin_ui", self.authx.user(), service=ADMIN)
        self.assertEqual(began["method"], "web")

    def test_rest(self):
        began = self.signs_in("rest", self.authx.user())
        self.assertEqual(began["method"], "web")

    def test_a_login_of_no_named_service(self):
        self.signs_in("admin_ui", self.authx.user(), service=None)

    def test_password_again_on_a_connection_that_stands(self):
        began = self.signs_in("reauth", self.authx.user())
        self.assertEqual(began["method"], "crv1")

    def test_a_push_on_the_web_page(self):
        server, alice = self.server(PHONE_SECS=PATIENCE_SECS), self.authx.user(phone=True)
        first = server.web_client(alice.name)
        number, waiting = self.number(first), Beside(first.answer, "push")
        alice.phones[0].approve(number)
        self.allowed(waiting.result())


class AdminUi(Scenario):
    def test_skipped_there_and_nowhere_else(self):
        server, alice = self.server(ADMIN_UI="skip"), self.authx.user()
        self.allowed(server.admin_ui(alice.name, service=ADMIN))
        self.assertIn("no second factor", server.log)
        self.assertIn("ADMIN_UI", server.log)
        for way in (server.vpn, server.web_client, server.rest, server.reauth):
            self.asked(way(alice.name), ASKED)

    def test_exempt_by_name(self):
        alice, admin = self.authx.user(), self.authx.user()
        server = self.server(ADMIN_EXEMPT=["openvpn", admin.name.upper()])
        for name in ("openvpn", "OpenVPN", admin.name):
            self.allowed(server.admin_ui(name, service=ADMIN))
        self.assertEqual(server.log.count("ADMIN_EXEMPT"), 3, server.log)
        self.asked(server.admin_ui(alice.name, service=ADMIN), ASKED)
        for way in (server.vpn, server.web_client, server.rest, server.reauth):
            self.asked(way(admin.name), ASKED)

    def test_a_prefix_of_an_exempt_name_is_not_exempt(self):
        server = self.server(ADMIN_EXEMPT=["openvpn"])
        for name in ("openvpn2", "open", "x openvpn", ""):
            outcome = server.call({"username": name}, {"log_service_name": ADMIN},
                                  {"auth_method": "local"})
            self.assertFalse(outcome.allowed)

    def test_a_vpn_client_is_not_exempt_whatever_it_is_called(self):
        server = self.server(ADMIN_EXEMPT=["openvpn"], ADMIN_UI="skip")
        for attributes in ({"vpn_auth": True, "log_service_name": ADMIN},
                           {"vpn_auth": "False"}, {"client_info": {"IV_PLAT": "win"}}):
            outcome = server.call({"username": "openvpn"}, attributes, {"auth_method": "local"})
            self.refused(outcome, NOT_PERMITTED)

    def test_exempt_letters_beyond_ascii(self):
        server = self.server(ADMIN_EXEMPT=[u"J\u00fcrgen"])
        self.allowed(server.admin_ui("Jürgen", service=ADMIN))

    def test_nobody_is_exempt_by_default(self):
        self.refused(self.server().admin_ui("openvpn", service=ADMIN), NOT_PERMITTED)


class Sessions(Scenario):
    def signed_in(self, server, person, **details):
        self.allowed(server.vpn(person.name, **details).answer(person.code()))
        return self.code_of(server, person.name)

    def test_pass_silently_and_authx_is_asked(self):
        server, alice = self.server(), self.authx.user()
        code = self.signed_in(server, alice)
        before = server.log
        self.allowed(server.session(alice.name))
        self.assertEqual(server.log, before)
        self.assertEqual(self.kinds(code), ["login_began", "login_allowed", "session_renewed"])

    def test_end_with_the_account(self):
        server, alice = self.server(), self.authx.user()
        code = self.signed_in(server, alice)
        self.authx.command("user", "disable", alice.name)
        ended = self.refused(server.session(alice.name),
                             "Your sign-in has ended. Connect again and sign in.")
        self.assertEqual(ended, code)
        self.assertIn("AuthX says session_ended", server.log)
        # For good, whoever is enabled again has to sign in.
        self.authx.command("user", "enable", alice.name)
        self.assertFalse(server.session(alice.name).allowed)
        self.signed_in(server, alice)
        self.allowed(server.session(alice.name))

    def test_pass_where_the_script_knows_of_no_login(self):
        server, alice = self.server(), self.authx.user()
        self.signed_in(server, alice)
        self.authx.command("user", "disable", alice.name)
        # Access Server keeps its tokens over a restart, the script does not keep its logins.
        again = self.server()
        again.sessions.update(server.sessions)
        overheard = Overheard(again)
        self.allowed(again.session(alice.name))
        self.assertEqual(overheard.calls, [])

    def test_each_device_has_its_own(self):
        server, alice = self.server(), self.authx.user()
        for number in range(2):
            self.signed_in(server, alice, hw_addr="02:00:00:00:00:0%d" % number)
        overheard = Overheard(server)
        self.allowed(server.session(alice.name, hw_addr="02:00:00:00:00:01"))
        self.assertEqual(overheard.calls, ["renew"])

    def test_another_name_for_the_device_is_no_way_out(self):
        server, alice = self.server(), self.authx.user()
        self.signed_in(server, alice)
        self.allowed(server.session(alice.name, hw_addr="02:00:00:00:00:99"))
        self.authx.command("user", "disable", alice.name)
        for device in ("02:00:00:00:00:99", None, "x" * 100000):
            self.assertFalse(server.session(alice.name, hw_addr=device).allowed)

    def test_of_a_client_without_an_address_of_its_hardware(self):
        server, alice = self.server(), self.authx.user()
        self.signed_in(server, alice, hw_addr=None)
        self.authx.command("user", "disable", alice.name)
        self.assertFalse(server.session(alice.name, hw_addr=None).allowed)

    def test_the_outcome_of_an_earlier_login_is_no_password(self):
        server, alice = self.server(), self.authx.user()
        self.signed_in(server, alice)
        self.asked(server.vpn(alice.name), ASKED)


class Autologin(Scenario):
    def server_with(self, policy, **constants):
        return self.server(self.authx.application_with(policy), **constants)

    def asked_by_itself(self):
        """Somebody whose phone is asked for an autologin that waits."""
        server = self.server_with('autologin = "push"\nmatch_number = "off"\n',
                                  PHONE_SECS=PATIENCE_SECS)
        alice = self.authx.user(phone=True)
        return server, alice, Beside(server.autologin, alice.name)

    def test_is_refused_by_default(self):
        server, alice = self.server(), self.authx.user()
        code = self.refused(server.autologin(alice.name), "This profile may not sign in by itself."
                            " Use one that asks for your password.")
        self.assertIn("reason=autologin_not_allowed", self.authx.log(code))

    def test_is_refused_by_default_also_without_a_second_factor(self):
        server, alice = self.server_with('second_factor = "off"\n'), self.authx.user()
        self.assertFalse(server.autologin(alice.name).allowed)
        self.allowed(server.vpn(alice.name))

    def test_may_be_allowed(self):
        server, alice = self.server_with('autologin = "allow"\n'), self.authx.user()
        self.allowed(server.autologin(alice.name))
        self.assertIn("by=autologin", self.authx.log(self.code_of(server, alice.name)))

    def test_not_for_a_disabled_account(self):
        server, alice = self.server_with('autologin = "allow"\n'), self.authx.user()
        self.authx.command("user", "disable", alice.name)
        self.refused(server.autologin(alice.name), NOT_PERMITTED)

    def test_a_phone_may_be_asked_and_is_remembered(self):
        server, alice, waiting = self.asked_by_itself()
        alice.phones[0].approve()
        self.allowed(waiting.result())
        code = self.code_of(server, alice.name)
        self.assertIn("by=push", self.authx.log(code))
        again = self.allowed(server.autologin(alice.name))
        self.assertLess(again.secs, SOON_SECS)
        self.assertIn("by=session", self.authx.log(self.code_of(server, alice.name)))
        self.authx.command("user", "disable", alice.name)
        self.refused(server.autologin(alice.name), NOT_PERMITTED)

    def test_what_is_remembered_is_of_one_certificate_and_place(self):
        server, alice, waiting = self.asked_by_itself()
        alice.phones[0].approve()
        self.allowed(waiting.result())
        server._module.AUTHX.settings.phone_secs = 1
        # Whoever has a copy of the profile can name the same device.
        self.refused(server.autologin(alice.name, address="192.0.2.66"), TIMED_OUT)
        self.allowed(server.autologin(alice.name))

    def test_a_login_with_a_password_is_none_of_a_certificate(self):
        server = self.server_with('autologin = "push"\nmatch_number = "off"\n', PHONE_SECS=1)
        alice = self.authx.user(phone=True)
        self.allowed(server.vpn(alice.name).answer(alice.code()))
        login = {"username": alice.name, "client_hw_addr": "02:00:5e:10:00:01"}
        outcome = server.call(login, {"vpn_auth": True}, {"auth_method": "autologin"})
        self.refused(outcome, TIMED_OUT)

    def test_denied_on_the_phone(self):
        _, alice, waiting = self.asked_by_itself()
        alice.phones[0].deny()
        self.refused(waiting.result(),
                     "Denied on your phone. Sign in again if you changed your mind.")

    def test_not_answered_on_the_phone(self):
        server = self.server_with('autologin = "push"\nmatch_number = "off"\n')
        alice = self.authx.user(phone=True)
        code = self.refused(server.autologin(alice.name), TIMED_OUT)
        self.assertEqual(self.kinds(code)[-1], "login_cancelled")

    def test_a_number_that_nobody_sees(self):
        server, alice = self.server_with('autologin = "push"\n'), self.authx.user(phone=True)
        code = self.code_of_refused(server.autologin(alice.name))
        self.assertIn("reason=number_not_shown", self.authx.log(code))

    def test_no_phone(self):
        server = self.server_with('autologin = "push"\nmatch_number = "off"\n')
        code = self.code_of_refused(server.autologin(self.authx.user().name))
        self.assertIn("reason=cannot_ask", self.authx.log(code))

    def test_nothing_is_ever_asked(self):
        for policy in ("push", "allow", "refuse"):
            server = self.server_with('autologin = "%s"\n' % policy)
            self.assertIsNone(server.autologin(self.authx.user().name).challenge)

    def code_of_refused(self, outcome):
        self.assertFalse(outcome.allowed)
        self.assertIsNone(outcome.challenge)
        return outcome.client_reason[-7:-1]


class StaticResponses(Scenario):
    def test_a_code_is_one_call(self):
        server, alice = self.server(), self.authx.user()
        self.allowed(server.vpn(alice.name, static_response=alice.code()))
        code = self.code_of(server, alice.name)
        self.assertEqual(self.entry(code, "login_allowed")["detail"]["method"], "scrv1")

    def test_a_wrong_code_is_asked_again(self):
        server, alice = self.server(), self.authx.user()
        outcome = server.vpn(alice.name, static_response=alice.wrong_code())
        self.asked(outcome, "Wrong code, 2 tries left. Enter the code in your authenticator app:")
        self.allowed(outcome.answer(alice.code()))

    def test_empty_it_is_none(self):
        for empty in ("", "  "):
            server, alice = self.server(), self.authx.user()
            self.asked(server.vpn(alice.name, static_response=empty), ASKED)

    def test_push_shows_the_number_before_it_waits(self):
        server, alice = self.server(PHONE_SECS=PATIENCE_SECS), self.authx.user(phone=True)
        outcome = server.vpn(alice.name, static_response="push")
        self.assertLess(outcome.secs, SOON_SECS)
        self.assertIn(TYPE_OK, outcome.challenge)
        alice.phones[0].approve(self.number(outcome))
        self.allowed(outcome.answer("ok"))


class RefusedBefore(Scenario):
    def test_is_left_as_it_is(self):
        server = self.server()
        overheard = Overheard(server)
        for method in ("local", "session", "autologin"):
            before = {"status": 1, "user": "x", "reason": "other", "client_reason": "No."}
            outcome = server.call({"username": "x"}, {"vpn_auth": True}, {"auth_method": method},
                                  authret=before)
            self.assertEqual(dict(outcome.authret), before)
        self.assertEqual(overheard.calls, [])
        self.assertEqual(server.log, "")


class Clients(Scenario):
    def setUp(self):
        self.known = []

    def began(self, **details):
        if not self.known:
            self.known.extend([self.server(), self.authx.user()])
        server, alice = self.known
        first = server.vpn(alice.name, **details)
        self.asked(first, ASKED)
        # The way to the support code of a login that nothing became of.
        code = self.refused(first.answer(None), TIMED_OUT)
        return self.entry(code, "login_began")["detail"]

    def test_addresses(self):
        for given, recorded in (("203.0.113.24", "203.0.113.24"), ("2001:db8::7", "2001:db8::7"),
                                ("2001:DB8:0:0:0:0:0:7", "2001:db8::7")):
            self.assertEqual(self.began(address=given)["address"], recorded)

    def test_addresses_that_say_nothing(self):
        for given in (None, "", "127.0.0.1", "::1", "garbage", "203.0.113.24:1194", "1.2.3", "x\0y",
                      u"\u0661.2.3.4", "fe80::1%eth0"):
            self.assertNotIn("address", self.began(address=given), given)

    def test_an_address_that_is_no_text(self):
        server, alice = self.server(), self.authx.user()
        for given in (7, b"\xff\xfe", ["203.0.113.24"], {}):
            outcome = server.call({"username": alice.name, "client_ip_addr": given},
                                  {"vpn_auth": True}, {"auth_method": "local"})
            self.assertEqual(outcome.challenge, ASKED)

    def test_a_client_that_says_nothing_of_itself(self):
        for info in (None, {}):
            began = self.began(client_info=info, hw_addr=None)
            self.assertNotIn("platform", began)
            self.assertNotIn("program", began)

    def test_a_client_that_says_all(self):
        began = self.began(client_info={
            "IV_VER": "3.9", "IV_GUI_VER": "OCWindows_3.5.1-3946", "IV_PLAT": "win",
            "IV_PLAT_VER": "Windows 11", "IV_SSO": "crtext", "UV_ASCLI_VER": "3.5.1-3946",
            "IV_HWADDR": "02:00:5e:10:00:01", "UV_X": "y"})
        self.assertEqual(began["program"], "OCWindows_3.5.1-3946")
        self.assertEqual(began["platform"], "win Windows 11")

    def test_a_client_that_says_odd_things(self):
        began = self.began(client_info={"IV_VER": "x" * 500, "IV_PLAT": "lin\nux\x1b[31m",
                                        "IV_GUI_VER": None, "IV_PLAT_VER": 12})
        self.assertEqual(began["program"], "x" * 100)
        self.assertEqual(began["platform"], "linux[31m 12")

    def test_letters_of_other_alphabets(self):
        began = self.began(client_info={"IV_GUI_VER": u"\u30af\u30e9 1"}, hw_addr="Jürgens Mac")
        self.assertEqual(began["program"], u"\u30af\u30e9 1")

    def test_the_phone_shows_who_asks(self):
        server, alice = self.server(PHONE_SECS=0), self.authx.user(phone=True)
        first = server.vpn(alice.name, address="203.0.113.24")
        first.answer("push")
        request, = alice.phones[0].waiting()
        self.assertEqual(request["client"]["address"], "203.0.113.24")
        self.assertEqual(request["client"]["device"], "02:00:5e:10:00:01")
        self.assertEqual(request["server"]["name"], "vpn1")
        self.assertEqual(request["application"]["name"], self.application.name)

    def test_without_attributes_or_info(self):
        server, alice = self.server(), self.authx.user()
        for attributes, info in (({}, {}), ({"vpn_auth": None}, {"auth_method": None})):
            outcome = server.call({"username": alice.name}, attributes, info)
            self.assertEqual(outcome.challenge, ASKED)
