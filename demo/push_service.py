"""Notices that do not arrive: a push service, and a phone's browser that subscribed there.

Both stand in for what the demo does not have: the service of a browser's maker, on the internet,
and a browser. The server does the same as ever: it checks the address, seals and signs a notice,
sends it by HTTPS, and believes the answer.
"""

import base64
import hashlib
import http.client
import http.server
import json
import secrets
import socket
import ssl
import threading
import time
import urllib.parse

from process import Failed, free_port, run

# Tests of AuthX use it too; nobody is written to.
CONTACT = "mailto:demo@authx-test.dev"
CLIENT = "authx-demo/1.0.0"
COVERED = '("@method" "@authority" "@path" "@query" "content-digest" "authx-client")'
# A private key on P-256 (RFC 5915), around its 32 bytes.
BEFORE_KEY = bytes.fromhex("30310201010420")
BEHIND_KEY = bytes.fromhex("a00a06082a8648ce3d030107")


class PushService:
    """Answers as Apple, Google and Mozilla do when an app was removed from its phone: 410."""

    def __init__(self):
        self.port, self.notices, self.server = free_port(), 0, None
        # What the server's configuration has to say: it sends to no host that it was not told.
        self.settings = f"""hosts = ["localhost:{self.port}"]
allow_networks = ["127.0.0.1"]
ca_file = "certificate.pem"
"""

    def start(self, certificate, key):
        """Serves with AuthX's own certificate, which is for `localhost` too."""
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                service.notices += 1
                self.send_response(410)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()

    def subscribe(self, phone, directory):
        """As the browser of this phone would: AuthX may send it notices by this service."""
        key = run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"])
        (directory / "browser.key").write_text(key)
        public = run(["openssl", "ec", "-in", directory / "browser.key", "-pubout"])
        point = base64.b64decode("".join(public.splitlines()[1:-1]))[-65:]
        body = {"endpoint": f"https://localhost:{self.port}/{secrets.token_urlsafe(16)}",
                "keys": {"p256dh": unpadded(point), "auth": secrets.token_urlsafe(16)}}
        call(phone, directory, "PUT", "/phone/v1/subscription", json.dumps(body).encode())


def call(phone, directory, method, path, body):
    """One signed call of a phone (RFC 9421), as docs/protocol.md says it."""
    account = phone.account()
    url = urllib.parse.urlsplit(account["server"])
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    params = (f'{COVERED};created={int(time.time())};nonce="{secrets.token_urlsafe(16)}"'
              f';keyid="{account["phone"]}";alg="ecdsa-p256-sha256";tag="authx-phone-1"')
    base = "\n".join([f'"@method": {method}', f'"@authority": {url.netloc}', f'"@path": {path}',
                      '"@query": ?', f'"content-digest": {digest}', f'"authx-client": {CLIENT}',
                      f'"@signature-params": {params}'])
    signature = base64.b64encode(signed(base, account["keys"]["device"], directory)).decode()
    trust = ssl.create_default_context(cafile=phone.certificate)
    connection = http.client.HTTPConnection(url.netloc)
    # The name leads to this machine in browsers, and in few other programs.
    connection.sock = trust.wrap_socket(socket.create_connection(("127.0.0.1", url.port)),
                                        server_hostname=url.hostname)
    connection.request(method, path, body, {
        "AuthX-Client": CLIENT, "Content-Type": "application/json", "Content-Digest": digest,
        "Signature-Input": f"authx={params}", "Signature": f"authx=:{signature}:"})
    answer = connection.getresponse()
    said = answer.read().decode()
    connection.close()
    if answer.status != 200:
        raise Failed(f"`{method} {path}` ended with {answer.status}: {said}")


def signed(text, secret, directory):
    """A signature by ECDSA: r and s, 32 bytes each."""
    key = directory / "device.key"
    key.touch(0o600)
    key.write_bytes(BEFORE_KEY + base64.urlsafe_b64decode(secret + "=") + BEHIND_KEY)
    (directory / "signed").write_text(text)
    run(["openssl", "dgst", "-sha256", "-sign", key, "-keyform", "DER", "-out",
         directory / "signature", directory / "signed"])
    der = (directory / "signature").read_bytes()
    length = der[3]
    numbers = der[4:4 + length], der[4 + length + 2:]
    return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in numbers)


def unpadded(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
