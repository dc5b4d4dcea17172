"""The signature against the vectors that all implementations share."""

import binascii
import io
import json
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))

import certify_web_api as api  # noqa: E402


def vectors(name):
    with io.open(os.path.join(ROOT, "crates", "authx-core", "vectors", name),
                 encoding="utf-8") as file:
        return json.load(file)


class Requests(unittest.TestCase):
    def setUp(self):
        self.vectors = vectors("application.json")
        self.key = api.parse_key(self.vectors["key"])

    def sign(self, request, **changed):
        request = dict(request, **changed)
        host, port = re.match("(?i)https://([^:/]+)(?::([0-9]+))?", request["url"]).groups()
        authority = origin("https://%s:%s" % (host, port or 443)).authority
        target = re.sub("https://[^/]*", "", request["url"])
        return dict(api.signed(
            self.key, self.vectors["keyid"], request["method"], authority, target,
            request["body"].encode("utf-8"), request["created"],
            binascii.unhexlify(request["nonce"]), request["authx_client"]))

    def test_the_key_is_read(self):
        self.assertEqual(binascii.hexlify(self.key).decode("ascii"), self.vectors["key_bytes"])

    def test_every_request_is_signed_to_the_byte(self):
        self.assertGreaterEqual(len(self.vectors["cases"]), 5)
        for case in self.vectors["cases"]:
            if "order" in case["request"]:
                continue  # Of another implementation, which writes the parameters otherwise.
            made = self.sign(case["request"])
            self.assertEqual(made.pop("AuthX-Client"), case["request"]["authx_client"])
            made = dict((name.lower(), value) for name, value in made.items())
            self.assertEqual(made, case["request"]["headers"], case["name"])

    def test_another_order_of_parameters_is_another_text_and_signed_alike(self):
        cases = [case for case in self.vectors["cases"] if "order" in case["request"]]
        self.assertTrue(cases)
        for case in cases:
            request = case["request"]
            signature = api.signature_of(self.key, request["signature_base"])
            self.assertEqual(signature, request["headers"]["signature"])
            made = self.sign(request)["Signature-Input"].split(";")
            self.assertEqual(sorted(made), sorted(request["headers"]["signature-input"].split(";")))

    def test_whatever_the_server_would_refuse_is_not_what_is_sent(self):
        request = self.vectors["cases"][0]["request"]
        for case in vectors("refused.json")["cases"]:
            changed = dict((name, case[name]) for name in ("method", "url", "body")
                           if name in case)
            made = self.sign(request, **changed)
            made = dict((name.lower(), value) for name, value in made.items())
            refused = dict(made, **dict(request["headers"], **case["headers"]))
            self.assertNotEqual(made, refused, case["name"])


class Answers(unittest.TestCase):
    def setUp(self):
        self.vectors = vectors("application.json")
        self.key = api.parse_key(self.vectors["key"])

    def verify(self, case, **changed):
        answer = dict(case["answer"], **changed)
        headers = answer["headers"]

        def fields(name):
            value = headers.get(name.lower(), [])
            return value if isinstance(value, list) else [value]

        return api.verified(
            self.key, answer.get("keyid", self.vectors["keyid"]),
            answer.get("sent", case["request"]["headers"]["signature"]), answer["status"],
            answer["body"].encode("utf-8"), fields)

    def refused(self, case, headers=None, **changed):
        headers = dict(case["answer"]["headers"], **(headers or {}))
        with self.assertRaises(ValueError):
            self.verify(case, headers=headers, **changed)

    def test_every_answer_is_believed_and_says_when_it_was_made(self):
        for case in self.vectors["cases"]:
            self.assertEqual(self.verify(case), case["answer"]["created"], case["name"])
            self.assertEqual(api.digest_of(case["answer"]["body"].encode("utf-8")),
                             case["answer"]["headers"]["content-digest"])
            self.assertEqual(api.signature_of(self.key, case["answer"]["signature_base"]),
                             case["answer"]["headers"]["signature"])

    def test_no_answer_is_believed_as_one_to_another_request(self):
        cases = self.vectors["cases"]
        for case in cases:
            for other in cases:
                if other is not case:
                    self.refused(case, sent=other["request"]["headers"]["signature"])

    def test_nothing_may_be_changed(self):
        for case in self.vectors["cases"]:
            body = case["answer"]["body"]
            self.refused(case, status=case["answer"]["status"] + 1)
            self.refused(case, body=body + "\n")
            self.refused(case, body=body.replace("allowed", "refused") + " ")
            self.refused(case, {"content-digest": api.digest_of(body.encode("utf-8") + b"\n")},
                         body=body + "\n")
            self.refused(case, keyid="app_01k9zc3q8m4e2v7x5t0b6n1h9e")

    def test_another_key_is_noticed(self):
        case = self.vectors["cases"][0]
        self.key = b"\x01" * 32
        self.refused(case)

    def test_each_header_is_there_exactly_once(self):
        case = self.vectors["cases"][0]
        for name, value in case["answer"]["headers"].items():
            self.refused(case, {name: []})
            self.refused(case, {name: [value, value]})
            self.refused(case, {name: "%s, %s" % (value, value)})
            self.refused(case, {name: u"\xe9" + value})
            self.refused(case, {name: ""})

    def test_the_refused_forms_are_refused_in_answers_too(self):
        """What refused.json does to the parameters of a request, done to those of an answer and
        signed rightly with the key."""
        case, tried = self.vectors["cases"][0], 0
        whole = case["answer"]["headers"]["signature-input"]
        start = 'authx=("@status" "content-digest" "signature";req;key="authx")'
        for bad in vectors("refused.json")["cases"]:
            params = bad["headers"].get("signature-input", "").partition(")")[2]
            good = ("created=1790000000", 'nonce="AAECAwQFBgcICQoLDA0ODw"',
                    'keyid="%s"' % self.vectors["keyid"], 'alg="hmac-sha256"', 'tag="authx-app-1"')
            if not params or "nonce" in bad["name"] or params == ";" + ";".join(good):
                continue
            changed = start + params.replace(";" + good[1], "")
            self.refused(case, self.signed_again(case, changed))
            tried += 1
        self.assertGreaterEqual(tried, 20)
        self.assertEqual(self.verify(case, headers=self.signed_again(case, whole)), 1790000001)

    def test_other_components_are_refused_although_signed_rightly(self):
        case = self.vectors["cases"][0]
        whole = case["answer"]["headers"]["signature-input"]
        for old, new in (('"@status" ', ""), ('"content-digest" ', ""),
                         (' "signature";req;key="authx"', ""), (";req", ""), ("authx=", "other="),
                         ('"@status"', '"@STATUS"'), ('"@status" ', '"@status"  ')):
            self.refused(case, self.signed_again(case, whole.replace(old, new, 1)))
        self.refused(case, self.signed_again(case, whole + ', other=("@status")'))
        self.refused(case, self.signed_again(case, whole + ';nonce="AAECAwQFBgcICQoLDA0ODw"'))

    def signed_again(self, case, signature_input):
        base = list(case["answer"]["signature_base"])
        base[-1] = '"@signature-params": ' + signature_input.partition("=")[2]
        try:
            signature = api.signature_of(self.key, base)
        except UnicodeEncodeError:
            signature = case["answer"]["headers"]["signature"]
        return dict(case["answer"]["headers"], **{
            "signature-input": signature_input, "signature": signature})

    def test_the_order_of_parameters_is_free(self):
        case = self.vectors["cases"][0]
        start, _, params = case["answer"]["headers"]["signature-input"].partition(");")
        turned = start + ");" + ";".join(reversed(params.split(";")))
        self.assertEqual(self.verify(case, headers=self.signed_again(case, turned)), 1790000001)


class Keys(unittest.TestCase):
    def test_good_ones_are_read_and_other_kinds_are_not(self):
        for case in vectors("secret_text.json")["good"]:
            if case["prefix"] == "axk_":
                read = binascii.hexlify(api.parse_key(case["text"])).decode("ascii")
                self.assertEqual(read, case["bytes"])
            else:
                with self.assertRaises(ValueError):
                    api.parse_key(case["text"])

    def test_bad_ones_are_refused_without_being_shown(self):
        for case in vectors("secret_text.json")["bad"]:
            with self.assertRaises(ValueError) as caught:
                api.parse_key(case["text"])
            self.assertNotIn("AECAw", str(caught.exception), case["name"])
            constants = type("Constants", (), CONSTANTS)
            constants.DEFAULT_SECRET_KEY = case["text"]
            with self.assertRaises(api.Wrong) as caught:
                api.Settings.of(constants)
            self.assertIn("DEFAULT_SECRET_KEY", caught.exception.text)
            self.assertNotIn("AECAw", caught.exception.text, case["name"])

    def test_every_slip_of_one_character_is_noticed(self):
        good = vectors("application.json")["key"]
        for at in range(4, len(good)):
            slip = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1:]
            with self.assertRaises(ValueError):
                api.parse_key(slip)


CONSTANTS = {
    "APPLICATION_ID": "app_01k9zc3q8m4e2v7x5t0b6n1h9d",
    "DEFAULT_SECRET_KEY": "axk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8MnOJAQ",
    "APPLICATION_URL": "https://mfa.example.com",
}


def origin(url):
    return api.Settings.of(type("Constants", (), dict(CONSTANTS, APPLICATION_URL=url)))


if __name__ == "__main__":
    unittest.main()
