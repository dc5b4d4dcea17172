"""Subscribes a phone to notices, as its browser would: only such a phone is asked by itself."""

import base64
import hashlib
import json
import os
import socket
import ssl
import time

try:
    from http.client import HTTPConnection
    from urllib.parse import urlsplit
except ImportError:
    from httplib import HTTPConnection
    from urlparse import urlsplit

CLIENT = "authx-tests/1.0.0"
COVERED = '("@method" "@authority" "@path" "@query" "content-digest" "authx-client")'
# A private key on P-256 (RFC 5915), around its 32 bytes.
BEFORE_KEY = b"\x30\x31\x02\x01\x01\x04\x20"
BEHIND_KEY = b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
# The point at which P-256 begins: a browser's public key as good as any, nobody reads a notice.
POINT = ("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
         "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")


def subscribe(phone, authx):
    """Has notices for this phone sent to the tests' push service."""
    from authx_server import PUSH_SERVICE
    body = {"endpoint": "https://%s/%s" % (PUSH_SERVICE, unpadded(os.urandom(16))),
            "keys": {"p256dh": unpadded(bytes(bytearray.fromhex(POINT))),
                     "auth": unpadded(os.urandom(16))}}
    _call(phone, authx, "PUT", "/phone/v1/subscription", json.dumps(body).encode("ascii"))


def _call(phone, authx, method, path, body):
    """One signed call of a phone (RFC 9421), as docs/protocol.md says it."""
    account = phone.account()
    url = urlsplit(str(account["server"]))
    digest = "sha-256=:%s:" % _base64(hashlib.sha256(body).digest())
    params = '%s;created=%d;nonce="%s";keyid="%s";alg="ecdsa-p256-sha256";tag="authx-phone-1"' % (
        COVERED, int(time.time()), unpadded(os.urandom(16)), account["phone"])
    base = "\n".join(['"@method": ' + method, '"@authority": ' + url.netloc, '"@path": ' + path,
                      '"@query": ?', '"content-digest": ' + digest, '"authx-client": ' + CLIENT,
                      '"@signature-params": ' + params])
    signature = _base64(_signed(base, str(account["keys"]["device"]), phone.store))
    trust = ssl.create_default_context(cafile=authx.certificate)
    connection = HTTPConnection(url.netloc)
    # Not every system knows that names under localhost are this machine.
    connection.sock = trust.wrap_socket(socket.create_connection(authx.address),
                                        server_hostname=url.hostname)
    connection.request(method, path, body, {
        "AuthX-Client": CLIENT, "Content-Type": "application/json", "Content-Digest": digest,
        "Signature-Input": "authx=" + params, "Signature": "authx=:%s:" % signature})
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert answer.status == 200, "`%s %s` ended with %d: %r" % (method, path, answer.status, said)


def _signed(text, secret, folder):
    """A signature by ECDSA: r and s, 32 bytes each."""
    from authx_server import run
    key, what, signature = (os.path.join(folder, name) for name in ("device", "what", "signature"))
    with open(key, "wb") as file:
        file.write(BEFORE_KEY + base64.urlsafe_b64decode(secret + "=") + BEHIND_KEY)
    with open(what, "w") as file:
        file.write(text)
    run(["openssl", "dgst", "-sha256", "-sign", key, "-keyform", "DER", "-out", signature, what])
    with open(signature, "rb") as file:
        der = file.read()
    length = bytearray(der)[3]
    numbers = der[4:4 + length], der[4 + length + 2:]
    return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in numbers)


def _base64(raw):
    return base64.b64encode(raw).decode("ascii")


def unpadded(raw):
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
