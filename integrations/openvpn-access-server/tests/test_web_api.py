"""Calls to an AuthX that misbehaves: what each comes to, and that it ends in time."""

import os
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import certify_web_api as api  # noqa: E402
import fake_authx as fake  # noqa: E402
from fake_authx import FakeAuthX, LOGIN  # noqa: E402

# How much longer than it may a call takes at most, with other tests on the same cores.
MARGIN_SECS = 0.7
WITHIN_SECS = 0.8
ID = LOGIN["id"]
ANSWER = "287082"
ALL_HEADERS = ("Signature", "Signature-Input", "Content-Digest")


class Calls(unittest.TestCase):
    def setUp(self):
        self.server = FakeAuthX()
        self.addCleanup(self.server.close)
        # Whatever the machine's environment says of proxies.
        kept = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(kept)))
        for name in list(os.environ):
            if name.lower().endswith("_proxy"):
                del os.environ[name]

    def authx(self, server=None, **constants):
        server = server or self.server
        named = {"APPLICATION_ID": fake.APPLICATION, "DEFAULT_SECRET_KEY": fake.KEY_TEXT,
                 "APPLICATION_URL": server.url, "CA_FILE": fake.certificates("authority")[0]}
        named.update(constants)
        return api.AuthX(api.Settings.of(type("Constants", (), named)))

    def fails(self, kind, *words, **how):
        """The call ends in time, as this kind of trouble, in these words and without a secret."""
        authx, within = how.get("authx") or self.authx(), how.get("within", WITHIN_SECS)
        began = time.time()
        with self.assertRaises(kind) as caught:
            authx.answer(ID, 1, ANSWER, within=within)
        self.assertLess(time.time() - began, how.get("most", within) + MARGIN_SECS)
        text = caught.exception.text
        self.assertIs(type(caught.exception), kind)
        self.assertIsInstance(text, str)
        for word in words:
            self.assertIn(word, text)
        for secret in (fake.KEY_TEXT[4:14], ANSWER, "\n"):
            self.assertNotIn(secret, text)
        return text

    def comes_to(self, behaviour, kind, *words, **how):
        self.server.then(behaviour)
        text = self.fails(kind, *words, **how)
        self.assertTrue(self.server.all_closed(), "a connection was left open: %s" % text)


class Good(Calls):
    def test_every_call_is_signed_and_gives_what_authx_says(self):
        authx = self.authx()
        body = {"user": u"J\u00f6rg", "support_code": "K7QF2M"}
        for call, method, target in (
                (authx.check, "GET", "/api/v1/check"),
                (lambda: authx.begin(ID, body), "PUT", "/api/v1/logins/" + ID),
                (lambda: authx.answer(ID, 2, u"\u00fc"), "POST",
                 "/api/v1/logins/%s/answers" % ID),
                (lambda: authx.wait(ID, 3, 20), "GET", "/api/v1/logins/%s?after=3&wait=20" % ID),
                (lambda: authx.wait(ID, 3, 99), "GET", "/api/v1/logins/%s?after=3&wait=45" % ID),
                # As it comes out of JSON, also in Python 2.
                (lambda: authx.cancel(u"%s" % ID), "DELETE", "/api/v1/logins/" + ID),
                (lambda: authx.renew(ID), "POST", "/api/v1/logins/%s/renewals" % ID)):
            self.assertEqual(call(), LOGIN)
            request = self.server.requests[-1]
            self.assertEqual((request.method, request.target), (method, target))
            self.assertTrue(request.is_signed("localhost:%d" % self.server.port))
            self.assertEqual(request.header("authx-client"), "authx-openvpn-as/" + api.VERSION)
            self.assertEqual(request.header("host"), "localhost:%d" % self.server.port)
        bodies = [fake.json.loads(request.body.decode("ascii") or "null")
                  for request in self.server.requests]
        self.assertEqual(bodies, [None, body, {"seq": 2, "text": u"\u00fc"}, None, None, None, {}])
        self.assertEqual(len(set(request.nonce for request in self.server.requests)), 7)

    def test_other_ways_to_write_an_answer(self):
        for behaviour in (fake.chunked, fake.until_closed):
            self.server.then(behaviour)
            self.assertEqual(self.authx().check(), LOGIN)

    def test_texts_are_those_of_json(self):
        self.server.then(fake.sends(200, b'{"text":"\xc3\xbc \\u2013"}'))
        self.assertEqual(self.authx().check(), {u"text": u"\u00fc \u2013"})

    def test_a_long_body_goes_through(self):
        self.assertEqual(self.authx().begin(ID, {"user": "x" * 3000000}), LOGIN)
        self.assertTrue(self.server.requests[0].is_signed("localhost:%d" % self.server.port))

    def test_fifty_at_once(self):
        authx, results = self.authx(), []

        def call():
            login = api.new_login_id()
            results.append((login, authx.begin(login, {"user": "alice"})))

        self.server.then(lambda talk: talk.send(200, {"id": talk.request.target[-30:]}))
        threads = [fake.in_background(call) for _ in range(50)]
        for thread in threads:
            thread.join(20)
        self.assertEqual(len(results), 50)
        for login, answer in results:
            self.assertEqual(answer, {"id": login})
        self.assertTrue(self.server.all_closed())

    def test_an_ordinary_call_is_fast(self):
        authx = self.authx()
        authx.check()
        took = []
        for _ in range(20):
            began = time.time()
            authx.check()
            took.append(time.time() - began)
        self.assertLess(sorted(took)[5], 0.05)


class Answers(Calls):
    def test_a_verdict_without_a_right_signature_is_none(self):
        other = fake.KEY[:31] + b"\x00"
        caller = ';keyid="%s";alg="hmac-sha256";tag="authx-app-1"' % fake.APPLICATION
        created = ";created=%d" % time.time()
        of_another = ":%s:" % ("A" * 43 + "=")
        for behaviour, word in (
                (fake.sends(key=other), "does not fit"),
                (fake.sends(sent=of_another), "does not fit"),
                (fake.sends(401, {"code": "clock"}, signed_status=200), "does not fit"),
                (fake.sends(digest=fake.digest_of(b"other")), "the body is another one"),
                (fake.sends(without=("Signature-Input",)), "missing"),
                (fake.sends(without=("Content-Digest",)), "missing"),
                (fake.sends(twice=("Signature",)), "more than once"),
                (fake.sends(twice=("Signature-Input",)), "more than once"),
                (fake.sends(twice=("Content-Digest",)), "more than once"),
                (fake.sends(more=["signature: authx=:AAAA:"]), "more than once"),
                (fake.sends(params=caller), "parameters"),
                (fake.sends(params=created + created + caller), "parameters"),
                (fake.sends(params=created + caller + ';nonce="x"'), "parameters"),
                (fake.sends(params=created + caller.replace("app_0", "app_1")), "parameters"),
                (fake.sends(params=created + caller.replace("sha256", "sha512")), "parameters"),
                (fake.sends(params=";created=-1" + caller), "parameters")):
            self.comes_to(behaviour, api.Wrong, word, self.server.url, "server has another key")

    def test_an_answer_to_another_request_is_none(self):
        kept = []

        def again(talk):
            kept.append(talk.answer())
            talk.socket.sendall(kept[0])

        self.server.then(again)
        authx = self.authx()
        self.assertEqual(authx.check(), LOGIN)
        self.fails(api.Wrong, "does not fit", authx=authx)
        self.assertEqual(authx.clock_offset, 0)

    def test_something_else_that_answers(self):
        for behaviour, words in (
                (fake.unsigned(200, LOGIN), ("200", "application/json", "something else")),
                (fake.unsigned(200, b"<html>Sign in to the hotel</html>"), ("something else",)),
                (fake.unsigned(404, b"<html>"), ("404", "something else")),
                (fake.unsigned(401, b"no"), ("401", "something else")),
                (fake.unsigned(401, b'["signature"]'), ("401", "something else")),
                (fake.unsigned(401, b"[" * 200000), ("401", "something else")),
                (fake.unsigned(500, {"code": "fault"}), ("500", "something else")),
                (fake.echo, ("something else",)),
                (fake.garbage, ("does not speak HTTP",)),
                (fake.endless_headers, ("does not speak HTTP",)),
                (fake.endless_continue, ("there",)),
                (fake.huge, ("longer than any of AuthX",)),
                (fake.no_tls, ("TLS 1.2",))):
            self.comes_to(behaviour, api.Wrong, *words)

    def test_redirects_are_not_followed(self):
        for status in (301, 302, 303, 307, 308):
            self.comes_to(fake.redirect(status), api.Wrong, "redirects to https://elsewhere.exa",
                          "APPLICATION_URL")
        self.comes_to(fake.redirect(302, "x" * 5000), api.Wrong, most=1)
        self.comes_to(fake.sends(307, {"id": ID}), api.Wrong, "not understood")
        self.assertEqual(len(self.server.requests), 7)

    def test_signed_but_no_answer(self):
        for body in (b"", b"<html>", b"[]", b"null", b'"allowed"', b'{"state":', b"\xff\xfe"):
            self.comes_to(fake.sends(200, body), api.Wrong, "not understood", "versions")

    def test_a_key_that_is_not_accepted(self):
        detail = u"the signature does not fit: \u201cauthx\u201d\n" + fake.KEY_TEXT
        self.comes_to(fake.unsigned(401, {"code": "signature", "detail": detail}), api.Wrong,
                      "does not accept the Application Key", '"authx"?axk_...', "revoked",
                      "APPLICATION_ID", "public_url")

    def test_signed_errors_are_problems(self):
        for status, code in ((400, "invalid_id"), (404, "not_found"), (409, "out_of_sequence"),
                             (422, "invalid_request"), (429, "slow_down"), (500, "fault")):
            detail = u"so it is: \u201c%d\u201d" % status
            self.server.then(fake.problem(status, code, detail))
            with self.assertRaises(api.Problem) as caught:
                self.authx().check()
            problem = caught.exception
            self.assertEqual((problem.status, problem.code, problem.detail),
                             (status, code, detail))
            self.assertEqual(problem.text, 'AuthX answers %d %s: so it is: "%d"'
                             % (status, code, status))
        self.comes_to(fake.sends(404, {}), api.Problem, "404")


class Certificates(Calls):
    def test_only_the_right_one_is_taken(self):
        for certificate, words in (
                ("other_name", ("is for another name", "APPLICATION_URL")),
                ("expired", ("expired",)), ("self_signed", ("not trusted", "CA_FILE"))):
            server = FakeAuthX(certificate)
            self.addCleanup(server.close)
            self.fails(api.Wrong, "certificate of localhost", authx=self.authx(server), *words)
            self.assertEqual(server.requests, [])
            self.assertTrue(server.all_closed())

    def test_the_systems_authorities_do_not_know_ours(self):
        self.fails(api.Wrong, "not trusted", "CA_FILE", authx=self.authx(CA_FILE=""))

    def test_a_certificate_may_vouch_for_itself(self):
        server = FakeAuthX("self_signed")
        self.addCleanup(server.close)
        own = fake.certificates("self_signed")[0]
        self.assertEqual(self.authx(server, CA_FILE=own).check(), LOGIN)

    def test_a_file_that_is_none(self):
        for path, word in (("/nowhere/authx.pem", "No such file"), (__file__, "PEM"),
                           (os.path.dirname(os.path.abspath(__file__)), "CA_FILE")):
            with self.assertRaises(api.Wrong) as caught:
                self.authx(CA_FILE=path)
            self.assertIn(word, caught.exception.text)
            self.assertIn("CA_FILE: %s" % path, caught.exception.text)

    def test_a_file_that_was_replaced_is_read_anew(self):
        path = os.path.join(os.path.dirname(fake.certificates("right")[0]), "current.pem")
        fake.shutil.copy(fake.certificates("self_signed")[0], path)
        authx = self.authx(CA_FILE=path)
        self.fails(api.Wrong, "not trusted", authx=authx)
        fake.shutil.copy(fake.certificates("authority")[0], path)
        os.utime(path, (1, 1))
        self.assertEqual(authx.check(), LOGIN)
        os.remove(path)
        self.fails(api.Wrong, "No such file", authx=authx)

    def test_addresses_in_the_url(self):
        hosts = ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]
        for host in hosts:
            shown = "[%s]" % host if ":" in host else host
            server, wrong = FakeAuthX(host=host), FakeAuthX("other_name", host=host)
            self.addCleanup(server.close)
            self.addCleanup(wrong.close)
            authx = self.authx(server, APPLICATION_URL="https://%s:%d/" % (shown, server.port))
            self.assertEqual(authx.check(), LOGIN)
            self.assertTrue(server.requests[0].is_signed("%s:%d" % (shown, server.port)))
            authx = self.authx(wrong, APPLICATION_URL="https://%s:%d" % (shown, wrong.port))
            self.fails(api.Wrong, "is for another name", authx=authx)


class Proxies(Calls):
    def proxy(self, status=200):
        proxy = fake.Proxy(status, ("127.0.0.1", self.server.port))
        self.addCleanup(proxy.close)
        return proxy

    def through(self, proxy, **environment):
        os.environ.update(environment)
        if proxy:
            os.environ.setdefault("https_proxy", "http://127.0.0.1:%d" % proxy.port)
        return self.authx(APPLICATION_URL="https://localhost:%d" % self.server.port)

    def test_the_environment_names_one(self):
        proxy = self.proxy()
        self.assertEqual(self.through(proxy).check(), LOGIN)
        self.assertEqual(len(proxy.asked), 1)
        self.assertTrue(proxy.asked[0].startswith(
            "CONNECT localhost:%d HTTP/1.1\r\n" % self.server.port))
        self.assertNotIn("Authorization", proxy.asked[0])
        self.assertTrue(self.server.requests[0].is_signed("localhost:%d" % self.server.port))

    def test_names_and_passwords_are_for_the_proxy_alone(self):
        proxy = self.proxy()
        url = "http://us%%40er:hunter2@127.0.0.1:%d/" % proxy.port
        self.assertEqual(self.through(proxy, https_proxy=url).check(), LOGIN)
        self.assertIn("Proxy-Authorization: Basic dXNAZXI6aHVudGVyMg==\r\n", proxy.asked[0])
        self.assertNotIn("proxy", str(self.server.requests[0].headers).lower())
        url = "http://user:%%C3%%BC@127.0.0.1:%d" % proxy.port
        self.assertEqual(self.through(proxy, https_proxy=url).check(), LOGIN)
        self.assertIn("Basic dXNlcjrDvA==\r\n", proxy.asked[1])
        refusing = self.proxy(407)
        url = "http://user:hunter2@127.0.0.1:%d" % refusing.port
        text = self.fails(api.Wrong, "refuses", "407", "127.0.0.1:%d" % refusing.port,
                          authx=self.through(refusing, https_proxy=url))
        self.assertNotIn("hunter2", text)

    def test_no_proxy_names_exceptions(self):
        proxy = self.proxy()
        for exception in ("localhost", "other.example,localhost", "*"):
            self.assertEqual(self.through(proxy, no_proxy=exception).check(), LOGIN)
        self.assertEqual(proxy.asked, [])
        self.through(proxy, no_proxy="example.com").check()
        self.assertEqual(len(proxy.asked), 1)

    def test_one_that_does_not_help(self):
        for status in (502, 503, 504):
            self.fails(api.Away, "does not reach", str(status),
                       authx=self.through(self.proxy(status)))
            del os.environ["https_proxy"]
        self.fails(api.Wrong, "refuses", "403", authx=self.through(self.proxy(403)))

    def test_one_that_is_away_or_not_understood(self):
        self.fails(api.Away, "No connection to 127.0.0.1",
                   authx=self.through(None, https_proxy="http://127.0.0.1:1"))
        for url in ("socks5://127.0.0.1:1080", "https://127.0.0.1:3128", "http://a b:c/d"):
            self.fails(api.Wrong, "https_proxy", "http://proxy.example.com:3128",
                       authx=self.through(None, https_proxy=url))

    def test_one_that_looks_into_tls_is_not_trusted(self):
        looking = FakeAuthX("self_signed")
        self.addCleanup(looking.close)
        proxy = fake.Proxy(200, ("127.0.0.1", looking.port))
        self.addCleanup(proxy.close)
        self.fails(api.Wrong, "not trusted", authx=self.through(proxy))


def has_ipv6():
    try:
        probe = socket.socket(socket.AF_INET6)
        probe.bind(("::1", 0))
        probe.close()
        return True
    except (OSError, IOError):
        return False


if __name__ == "__main__":
    unittest.main()
