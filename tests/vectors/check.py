#!/usr/bin/env python3
"""Holds the vectors against an independent implementation of RFC 9421, and the example client
against the vectors.

The library builds the signature base from the message alone and checks the signature; we compare its
base with the one that is written down. `scripts/vectors` runs this.
"""

import base64
import datetime
import hashlib
import importlib.util
import json
import pathlib
import sys
import types
import unittest
import unittest.mock

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ECDSA_P256_SHA256, HMAC_SHA256

ROOT = pathlib.Path(__file__).parents[2]
REQUEST = ("@method", "@authority", "@path", "@query", "content-digest", "authx-client")
ANSWER = ("@status", "content-digest", '"signature";req;key="authx"')


def vectors(name):
    return json.loads((ROOT / "crates/authx-core/vectors" / name).read_text(encoding="utf-8"))


APPLICATION, PHONE = vectors("application.json"), vectors("phone.json")
KEY = bytes.fromhex(APPLICATION["key_bytes"])


def request(sent, **changed):
    headers = {"authx-client": sent["authx_client"], **sent["headers"], **changed.get("headers", {})}
    method, url = changed.get("method", sent["method"]), changed.get("url", sent["url"])
    return types.SimpleNamespace(method=method, url=url, headers=headers)


def answer(case):
    told = case["answer"]
    return types.SimpleNamespace(
        status_code=told["status"], headers=dict(told["headers"]), request=request(case["request"])
    )


def from_jwk(jwk):
    x, y = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "="), "big") for name in "xy")
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Verifier(HTTPMessageVerifier):
    """The library's verifier at the time of the vectors; keeps the base it built."""

    def validate_created_and_expires(self, sig_input, max_age=None):
        pass

    def _build_signature_base(self, message, **parts):
        built = super()._build_signature_base(message, **parts)
        self.base = built[0]
        return built


def verify(message, tag, components, body, algorithm=HMAC_SHA256, key=KEY, keyid=APPLICATION["keyid"]):
    keys = MappingKeyResolver(public_keys={keyid: key}, private_keys={})
    verifier = Verifier(signature_algorithm=algorithm, key_resolver=keys)
    verifier.verify(
        message, max_age=None, expect_tag=tag, require_components=components, body=body.encode()
    )
    return verifier.base.split("\n")


class Vectors(unittest.TestCase):
    def test_requests_of_applications(self):
        for case in APPLICATION["cases"]:
            with self.subTest(case["name"]):
                sent = case["request"]
                base = verify(request(sent), "authx-app-1", REQUEST, sent["body"])
                self.assertEqual(base, sent["signature_base"])

    def test_answers(self):
        for case in APPLICATION["cases"]:
            with self.subTest(case["name"]):
                told = case["answer"]
                base = verify(answer(case), "authx-app-1", ANSWER, told["body"])
                self.assertEqual(base, told["signature_base"])

    def test_an_answer_to_another_request_does_not_verify(self):
        first, second = APPLICATION["cases"][:2]
        swapped = {"request": second["request"], "answer": first["answer"]}
        with self.assertRaises(InvalidSignature):
            verify(answer(swapped), "authx-app-1", ANSWER, first["answer"]["body"])

    def test_requests_of_phones(self):
        for case in PHONE["cases"]:
            with self.subTest(case["name"]):
                sent = case["request"]
                base = verify(
                    request(sent), "authx-phone-1", REQUEST, sent["body"],
                    ECDSA_P256_SHA256, from_jwk(PHONE["jwk"]), PHONE["keyid"],
                )
                self.assertEqual(base, sent["signature_base"])

    def test_a_phones_key_is_the_one_it_is_said_to_be(self):
        secret = int.from_bytes(unpadded(PHONE["jwk"]["d"]), "big")
        public = ec.derive_private_key(secret, ec.SECP256R1()).public_key()
        self.assertEqual(public.public_numbers(), from_jwk(PHONE["jwk"]).public_numbers())

    def test_seeds_of_phones_open(self):
        for case in vectors("phone_seed.json")["cases"]:
            seed = {name: unpadded(text) for name, text in case["seed"].items()}
            secret = int.from_bytes(bytes.fromhex(case["box_secret"]), "big")
            own = ec.derive_private_key(secret, ec.SECP256R1())
            other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), seed["ephemeral"])
            box = own.public_key().public_numbers()
            point = b"\4" + box.x.to_bytes(32, "big") + box.y.to_bytes(32, "big")
            phone = case["phone"].encode()
            key = HKDF(
                algorithm=hashes.SHA256(), length=32, info=b"authx seed 1\0" + phone,
                salt=hashlib.sha256(seed["ephemeral"] + point).digest(),
            ).derive(own.exchange(ec.ECDH(), other))
            opened = AESGCM(key).decrypt(seed["iv"], seed["ciphertext"], phone)
            self.assertEqual(opened.hex(), case["secret"])

    def test_words_of_phones(self):
        words = (ROOT / "crates/authx-core/src/phone_words/english.txt").read_text().split()
        for case in vectors("phone_words.json")["cases"]:
            keys = [case["keys"][key][axis] for key in ("answer", "device", "box") for axis in "xy"]
            seed = [case["seed"][name] for name in ("ephemeral", "iv", "ciphertext")]
            text = "\n".join(["authx words 1", case["phone"], *keys, *seed, case["tenant"], case["user"]])
            bits = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") >> (256 - 44)
            found = [words[bits >> shift & 2047] for shift in (33, 22, 11, 0)]
            self.assertEqual(found, case["words"])

    def test_the_library_signs_as_the_profile_asks(self):
        """A client on an ordinary library works: only the order of its parameters is its own."""
        case = next(case for case in APPLICATION["cases"] if "order" in case["request"])
        sent = case["request"]
        keys = MappingKeyResolver(public_keys={}, private_keys={APPLICATION["keyid"]: KEY})
        message = request({**sent, "headers": {"content-digest": sent["headers"]["content-digest"]}})
        HTTPMessageSigner(signature_algorithm=HMAC_SHA256, key_resolver=keys).sign(
            message,
            key_id=APPLICATION["keyid"],
            created=datetime.datetime.fromtimestamp(sent["created"], datetime.timezone.utc),
            nonce=base64.urlsafe_b64encode(bytes.fromhex(sent["nonce"])).decode().rstrip("="),
            label="authx",
            tag="authx-app-1",
            covered_component_ids=REQUEST,
            use_existing_digest=True,
        )
        signed = {name.lower(): value for name, value in message.headers.items()}
        for name, value in sent["headers"].items():
            self.assertEqual(signed[name], value)

    def test_what_is_refused_for_its_form_alone_is_right_elsewhere(self):
        """Proves that these entries test the profile's strictness, not the arithmetic."""
        sent = APPLICATION["cases"][0]["request"]
        sound = [case for case in vectors("refused.json")["cases"] if case["sound"]]
        self.assertGreater(len(sound), 10)
        for case in sound:
            with self.subTest(case["name"]):
                keys = MappingKeyResolver(public_keys={APPLICATION["keyid"]: KEY}, private_keys={})
                verifier = Verifier(signature_algorithm=HMAC_SHA256, key_resolver=keys)
                # Only one of several labels is ours; then the library wants to know which.
                tag = "authx-app-1" if case["headers"]["signature-input"].count("tag=") > 1 else None
                self.assertTrue(verifier.verify(request(sent, **case), max_age=None, expect_tag=tag))

    def test_texts_of_secrets(self):
        for good in vectors("secret_text.json")["good"]:
            text = good["text"]
            covered = hashlib.sha256(text[:-6].encode()).digest()[:4]
            self.assertEqual(base64.urlsafe_b64encode(covered).decode().rstrip("="), text[-6:])
            raw = base64.urlsafe_b64decode(text[len(good["prefix"]):-6] + "=")
            self.assertEqual(raw.hex(), good["bytes"])


class ExampleClient(unittest.TestCase):
    """`docs/examples/client.py`, over a connection that answers from the vectors."""

    def setUp(self):
        spec = importlib.util.spec_from_file_location("client", ROOT / "docs/examples/client.py")
        self.client = importlib.util.module_from_spec(spec)
        sys.dont_write_bytecode = True
        spec.loader.exec_module(self.client)

    def call(self, case, told):
        sent = case["request"]
        origin, target = sent["url"][:sent["url"].index("/", 8)], sent["url"][sent["url"].index("/", 8):]
        connection = unittest.mock.Mock()
        connection.getresponse.return_value = types.SimpleNamespace(
            status=told["status"],
            headers={"-".join(word.capitalize() for word in name.split("-")): value
                     for name, value in told["headers"].items()},
            read=lambda: told["body"].encode(),
        )
        nonce = base64.urlsafe_b64encode(bytes.fromhex(sent["nonce"])).decode().rstrip("=")
        with (
            unittest.mock.patch.object(self.client, "CLIENT", sent["authx_client"]),
            unittest.mock.patch("http.client.HTTPSConnection", return_value=connection),
            unittest.mock.patch("time.time", return_value=sent["created"] + 0.5),
            unittest.mock.patch("secrets.token_urlsafe", return_value=nonce),
        ):
            got = self.client.call(
                origin, APPLICATION["keyid"], APPLICATION["key"], sent["method"], target, sent["body"].encode()
            )
        _, _, _, headers = connection.request.call_args.args
        for name, value in sent["headers"].items():
            self.assertEqual({key.lower(): value for key, value in headers.items()}[name], value)
        return got

    def test_it_signs_and_believes_signed_answers(self):
        for case in APPLICATION["cases"]:
            if "order" not in case["request"]:
                with self.subTest(case["name"]):
                    told = case["answer"]
                    expected = (told["status"], json.loads(told["body"]))
                    self.assertEqual(self.call(case, told), expected)

    def test_it_believes_nothing_else(self):
        first, second = APPLICATION["cases"][:2]
        told = first["answer"]
        unsigned = {**told, "headers": {}}
        forged = {**told, "body": told["body"].replace("allowed", "refused")}
        for wrong in (unsigned, forged, {**told, "status": 201}, second["answer"]):
            with self.assertRaises(SystemExit):
                self.call(first, wrong)

    def test_its_login_ids_are_of_uuid_version_7(self):
        alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
        number = 0
        for digit in self.client.login_id().removeprefix("log_"):
            number = number << 5 | alphabet.index(digit)
        self.assertEqual((number >> 76 & 15, number >> 62 & 3), (7, 2))


if __name__ == "__main__":
    unittest.main()
