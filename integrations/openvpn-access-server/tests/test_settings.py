"""What may stand in certify_constants.py, and what is said about the rest."""

import io
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))

import certify_web_api as api  # noqa: E402
from fake_authx import APPLICATION, KEY, KEY_TEXT  # noqa: E402

NEEDED = {"APPLICATION_ID": APPLICATION, "DEFAULT_SECRET_KEY": KEY_TEXT,
          "APPLICATION_URL": "https://mfa.example.com"}


def read(**constants):
    return api.Settings.of(type("Constants", (), dict(NEEDED, **constants)))


class Constants(unittest.TestCase):
    def wrong(self, *words, **constants):
        """Each word stands in what is said, and nothing secret."""
        with self.assertRaises(api.Wrong) as caught:
            read(**constants)
        text = caught.exception.text
        self.assertIsInstance(text, str)
        self.assertEqual(text, str(caught.exception))
        for word in words + tuple(constants):
            self.assertIn(word, text)
        self.assertNotIn(KEY_TEXT[4:12], text)
        return text

    def test_the_file_as_it_comes_only_lacks_what_the_portal_gives(self):
        path, names = os.path.join(os.path.dirname(HERE), "certify_constants.py"), {}
        with io.open(path, encoding="utf-8") as file:
            exec(compile(file.read().encode("utf-8"), path, "exec"), names)
        constants = dict((name, names[name]) for name in names if name.isupper())
        shipped = api.Settings.of(type("Constants", (), dict(constants, **NEEDED)))
        self.assertEqual(shipped.__dict__, read().__dict__)
        with self.assertRaises(api.Wrong) as caught:
            api.Settings.of(type("Constants", (), constants))
        self.assertIn("APPLICATION_ID is empty", caught.exception.text)

    def test_what_is_read(self):
        settings = read(
            APPLICATION_ID=" %s\n" % APPLICATION.upper(), DOMAIN_SUFFIX="@corp.example",
            CA_FILE="/etc/authx.pem", CONNECT_SECS=2, CALL_SECS=3.5, PHONE_SECS=0, PHONE_LOGINS=1,
            OUTAGE="Allow", PROMPT=u"Code f\u00fcr AuthX", ADMIN_UI="skip",
            ADMIN_EXEMPT=["openvpn", u"J\u00f6rg"], SERVER_NAME="vpn-1")
        self.assertEqual(settings.__dict__, {
            "application_id": APPLICATION, "key": KEY, "url": "https://mfa.example.com",
            "host": "mfa.example.com", "port": 443, "authority": "mfa.example.com",
            "place": "mfa.example.com:443",
            "domain_suffix": "corp.example", "ca_file": "/etc/authx.pem", "connect_secs": 2,
            "call_secs": 3.5, "phone_secs": 0, "phone_logins": 1, "outage": "allow",
            "prompt": u"Code f\u00fcr AuthX", "admin_ui": "skip",
            "admin_exempt": ["openvpn", u"J\u00f6rg"], "server_name": "vpn-1"})
        self.assertIsInstance(settings.key, bytes)

    def test_texts_of_python_2_are_utf_8(self):
        literal = u"Code f\u00fcr AuthX".encode("utf-8")
        if str is not bytes:
            literal = literal.decode("utf-8")
        self.assertEqual(read(PROMPT=literal).prompt, u"Code f\u00fcr AuthX")
        self.assertEqual(read(ADMIN_EXEMPT=[literal]).admin_exempt, [u"Code f\u00fcr AuthX"])
        self.wrong("UTF-8", PROMPT=b"\xff\xfe")
        self.wrong("UTF-8", ADMIN_EXEMPT=[b"\xff\xfe"])

    def test_what_the_portal_gives_is_needed(self):
        for name in NEEDED:
            self.wrong("is empty", "portal", **{name: ""})
            self.wrong("is empty", **{name: "  \n"})
            self.wrong("quotes", **{name: None})
            constants = dict(NEEDED)
            del constants[name]
            with self.assertRaises(api.Wrong) as caught:
                api.Settings.of(type("Constants", (), constants))
            self.assertIn(name, caught.exception.text)

    def test_an_id_is_one_of_an_application(self):
        for value in ("app_", APPLICATION[:-1], APPLICATION + "0", "ten" + APPLICATION[3:],
                      APPLICATION[:-1] + "u", "app_8" + APPLICATION[5:], KEY_TEXT, u"app_\u00e9"):
            self.wrong("26 characters", "copy", APPLICATION_ID=value)

    def test_a_slip_in_the_key_is_noticed(self):
        self.wrong("typing error", "copy", DEFAULT_SECRET_KEY=KEY_TEXT[:-1] + "_")
        self.wrong("typing error", DEFAULT_SECRET_KEY=KEY_TEXT.swapcase().replace("AXK", "axk"))
        self.wrong("52 characters", DEFAULT_SECRET_KEY=KEY_TEXT[:-1])
        self.wrong("axk_", DEFAULT_SECRET_KEY="axt" + KEY_TEXT[3:])
        self.wrong("axk_", DEFAULT_SECRET_KEY=APPLICATION)
        self.wrong("a character", DEFAULT_SECRET_KEY=KEY_TEXT[:9] + "+" + KEY_TEXT[10:])

    def test_urls_that_are_meant_well(self):
        for url, authority in (
                ("https://mfa.example.com", "mfa.example.com"),
                ("https://mfa.example.com/", "mfa.example.com"),
                ("HTTPS://MFA.Example.COM", "mfa.example.com"),
                ("https://mfa.example.com:443", "mfa.example.com"),
                (u"https://mfa.example.com:8443/", "mfa.example.com:8443"),
                ("https://192.0.2.7", "192.0.2.7"),
                ("https://[2001:DB8:0::7]", "[2001:db8::7]"),
                ("https://[::1]:8443/", "[::1]:8443"),
                ("https://xn--mfa-kva.example", "xn--mfa-kva.example")):
            settings = read(APPLICATION_URL=url)
            self.assertEqual(settings.authority, authority)
            self.assertEqual(settings.url, "https://" + authority)
            self.assertIsInstance(settings.host, str)
            self.assertNotIn("[", settings.host)

    def test_urls_that_cannot_be_meant(self):
        self.wrong("https://", "TLS", APPLICATION_URL="http://mfa.example.com")
        self.wrong("https://", APPLICATION_URL="mfa.example.com")
        self.wrong("leave away /portal", APPLICATION_URL="https://mfa.example.com/portal")
        self.wrong("leave away ?a=b", APPLICATION_URL="https://mfa.example.com?a=b")
        self.wrong("leave away #x", APPLICATION_URL="https://mfa.example.com:8443#x")
        for url in ("https://", "https:///", "https://mfa.example.com:0", "https://[fe80",
                    "https://mfa.example.com:65536", "https://[1:2:3]", u"https://m\u00fcller.de",
                    "https://mfa..example", "https://mfa.example.com:x",
                    "https://.example", "https://mfa.example.com.",
                    "https://%s.example" % ("x" * 64)):
            self.wrong(APPLICATION_URL=url)
        self.assertNotIn("hunter2", self.wrong(APPLICATION_URL="https://a:hunter2@mfa.example.com"))

    def test_numbers_are_numbers_within_their_limits(self):
        limits = {"CONNECT_SECS": (1, 30), "CALL_SECS": (2, 60), "PHONE_SECS": (0, 30),
                  "PHONE_LOGINS": (0, 32)}
        for name, (least, most) in limits.items():
            for good in (least, most):
                self.assertEqual(getattr(read(**{name: good}), name.lower()), good)
            for bad in (least - 1, most + 1, float("nan"), "5", None, True, [5]):
                self.wrong("from %d to %d" % (least, most), **{name: bad})
        self.assertEqual(read(CALL_SECS=2.5).call_secs, 2.5)
        self.assertIsInstance(read(PHONE_SECS=20.0).phone_secs, int)
        self.wrong("whole number", PHONE_SECS=2.5)

    def test_words_are_named_when_another_stands_there(self):
        self.wrong('"refuse" or "allow"', 'not "alow"', 'is "allow" meant', OUTAGE="alow")
        self.wrong('is "refuse" meant', OUTAGE="refused")
        self.wrong('"refuse" or "allow"', OUTAGE="")
        self.assertNotIn("meant", self.wrong('not "xyz"', OUTAGE="xyz"))
        self.wrong('"ask" or "skip"', 'is "skip" meant', ADMIN_UI="skipp")
        self.wrong("quotes", OUTAGE=True)
        self.wrong("quotes", ADMIN_UI=None)

    def test_lists_are_lists(self):
        self.assertEqual(read(ADMIN_EXEMPT=("openvpn",)).admin_exempt, ["openvpn"])
        for bad in ("openvpn", None, [1], {"openvpn": 1}):
            self.wrong('["openvpn", "admin"]', ADMIN_EXEMPT=bad)

    def test_texts_are_of_one_line(self):
        self.wrong("one line", PROMPT="Enter\ncode")
        self.wrong("80 characters", PROMPT="x" * 81)
        self.wrong("100 characters", SERVER_NAME="x" * 101)
        self.wrong("one line", SERVER_NAME="a\x1bb")
        self.assertEqual(read(PROMPT="").prompt, "")
        for bad in ("corp example", "corp@example", "corp\\example", "corp/example"):
            self.wrong("corp.example", DOMAIN_SUFFIX=bad)

    def test_a_constant_that_is_not_there_has_its_default_unless_its_name_is_mistyped(self):
        self.assertEqual(read().outage, "refuse")
        with self.assertRaises(api.Wrong) as caught:
            read(OUTAGES="allow")
        self.assertIn("OUTAGE is missing", caught.exception.text)
        self.assertIn("OUTAGES", caught.exception.text)
        self.assertEqual(read(OUTAGE="allow", COLOUR="blue").outage, "allow")

    def test_a_python_without_certificates_is_told(self):
        kept = api.ssl.create_default_context
        del api.ssl.create_default_context
        try:
            with self.assertRaises(api.Wrong) as caught:
                read()
        finally:
            api.ssl.create_default_context = kept
        self.assertIn("2.7.9", caught.exception.text)

    def test_the_key_is_in_no_description(self):
        settings = read()
        self.assertNotIn(KEY_TEXT[4:12], repr(settings) + str(settings))
        self.assertNotIn(KEY_TEXT[4:12], api.Wrong("the key is %s" % KEY_TEXT).text)


class Version(unittest.TestCase):
    def test_it_is_that_of_authx(self):
        with io.open(os.path.join(ROOT, "Cargo.toml"), encoding="utf-8") as file:
            version = re.search(r'(?m)^version = "([^"]+)"', file.read()).group(1)
        self.assertEqual(api.VERSION, version)
        self.assertEqual(api.CLIENT, "authx-openvpn-as/" + version)

    def test_the_files_are_ascii(self):
        for name in ("certify_web_api.py", "certify_constants.py", "certify_post_auth_script.py"):
            with io.open(os.path.join(os.path.dirname(HERE), name), "rb") as file:
                file.read().decode("ascii")


class Ids(unittest.TestCase):
    def test_login_ids_are_uuids_of_version_7_in_the_order_of_time(self):
        letters = "0123456789abcdefghjkmnpqrstvwxyz"
        made = [api.new_login_id() for _ in range(200)]
        self.assertEqual(len(set(made)), 200)
        for one in made:
            self.assertTrue(re.match("log_[0-7][%s]{25}\\Z" % letters, one), one)
            number = 0
            for letter in one[4:]:
                number = number << 5 | letters.index(letter)
            self.assertLess(abs((number >> 80) / 1000.0 - api.time.time()), 60)
            self.assertEqual((number >> 76 & 15, number >> 62 & 3), (7, 2))
        # The noise is of 74 bits: no two share its halves.
        self.assertEqual(len(set(one[-12:] for one in made)), 200)


if __name__ == "__main__":
    unittest.main()
