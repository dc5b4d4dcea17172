#!/usr/bin/env python3
"""Starts AuthX in a temporary directory, signs alice in through the signed API, and shows the
refusals. Prints one line for each login:

    LOGIN user factor method outcome milliseconds

Ends with 0 when every login came out as it should. With KEEP=1 the server stays.
"""

import base64
import contextlib
import hashlib
import hmac
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

PASSWORD = "correct horse battery staple"
STEP_SECS = 30
# A code of the step before the current one is still good for this long when the demo begins.
MARGIN_SECS = 6
# Characters that cannot be mistaken for one another, as in docs/protocol.md.
SUPPORT_CODE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

ROOT = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """Something other than a login went wrong; the text says what."""


class Server:
    """One AuthX, in a directory of its own."""

    def __init__(self, program, directory):
        self.program, self.directory, self.process = program, directory, None

    def init(self):
        self.url = f"https://localhost:{free_port()}"
        run([self.program, "init", "--dir", self.directory, "--public-url", self.url])
        self.config = next(self.directory.glob("*.toml"))
        self.certificate = self.directory / "certificate.pem"

    def start(self):
        with open(self.log(), "wb") as log:
            # A session of its own: Ctrl-C is for the demo, which then stops the server in order.
            self.process = subprocess.Popen(
                [self.program, "serve", "--config", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.wait_until_ready()

    def wait_until_ready(self, patience_secs=20):
        trust = ssl.create_default_context(cafile=self.certificate)
        deadline, last = time.monotonic() + patience_secs, "no answer"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failed(f"authx serve ended with {self.process.returncode}")
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=2, context=trust):
                    return
            except urllib.error.HTTPError as answer:
                last = f"{answer.code} {answer.read(400).decode(errors='replace')}"
            except OSError as error:
                last = str(error)
            time.sleep(0.05)
        raise Failed(f"authx serve is not ready after {patience_secs} s: {last}")

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def command(self, *arguments, typed=None):
        """Runs an `authx` command and gives what it printed."""
        return run([self.program, "--config", self.config, *arguments], typed)

    def ask(self, *arguments):
        return json.loads(self.command(*arguments, "--json"))

    def log(self):
        return self.directory / "server.log"


class Vpn:
    """Stands where a VPN server will: asks AuthX whether a user may come in."""

    def __init__(self, client, application):
        self.client, self.application, self.faults = client, application, []

    def sign_in(self, expected, user, password, code, tried="code", key=None):
        body = json.dumps({
            "user": user,
            "first_factor": {"kind": "password", "password": password},
            "answer": code,
            "client": {"address": "192.0.2.7", "program": "demo"},
            "support_code": "".join(secrets.choice(SUPPORT_CODE) for _ in range(6)),
        }).encode()
        start = time.perf_counter()
        outcome = self.outcome(key or self.application["application_key"], body)
        took = (time.perf_counter() - start) * 1_000
        print(f"LOGIN {user} {tried} api {outcome} {took:.0f}", flush=True)
        if outcome != expected:
            self.faults.append(f"{user} with {tried}: {outcome} instead of {expected}")

    def outcome(self, key, body):
        url, name = self.application["application_url"], self.application["application_id"]
        target = f"/api/v1/logins/{self.client.login_id()}"
        try:
            status, answer = self.client.call(url, name, key, "PUT", target, body)
        except SystemExit:
            # An answer without AuthX's signature, as whoever holds no valid key gets it.
            return "refused:no_verdict"
        if status != 200:
            return f"refused:{answer.get('code', status)}"
        if answer["state"] == "allowed":
            return "allowed"
        return f"refused:{answer.get('reason', {}).get('code', answer['state'])}"


class Phone:
    """Alice's authenticator app."""

    def __init__(self, secret):
        self.key = base64.b32decode(secret + "=" * (-len(secret) % 8))

    def code(self, step):
        """RFC 6238 with SHA-1 and six digits."""
        tag = hmac.digest(self.key, step.to_bytes(8, "big"), hashlib.sha1)
        at = tag[-1] & 15
        return f"{(int.from_bytes(tag[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"

    def wrong_code(self, step):
        near = {self.code(other) for other in range(step - 10, step + 11)}
        return next(code for code in ("000000", "111111", *map("{:06}".format, range(99)))
                    if code not in near)


def demo(server):
    server.init()
    server.start()
    say(f"AuthX is ready at {server.url}")

    server.command("tenant", "create", "demo")
    application = server.ask("application", "create", "--tenant", "demo", "--name", "office-vpn")
    server.command("user", "create", "alice", "--tenant", "demo")
    server.command("user", "set-password", "alice", typed=f"{PASSWORD}\n")
    enrolled = server.ask("user", "code", "alice")
    say("tenant, application and alice exist")

    # AuthX takes the codes of three steps, each once: the one before now confirms the app, the
    # current one signs in, the next one serves at the end. Nobody has to wait for a new one.
    phone, step = Phone(enrolled["secret"]), settled_step()
    server.command("user", "code", "alice", "--confirm", phone.code(step - 1))
    say("her authenticator app is confirmed")

    os.environ["SSL_CERT_FILE"] = str(server.certificate)
    vpn = Vpn(example_client(), application)
    code = phone.code(step)
    vpn.sign_in("allowed", "alice", PASSWORD, code)
    vpn.sign_in("refused:wrong_credentials", "alice", "wrong password", code, tried="password")
    vpn.sign_in("refused:wrong_code", "alice", PASSWORD, phone.wrong_code(step))
    vpn.sign_in("refused:code_already_used", "alice", PASSWORD, code)
    vpn.sign_in("refused:no_verdict", "alice", PASSWORD, code, key=other_key(application))
    server.command("user", "disable", "alice")
    vpn.sign_in("refused:wrong_credentials", "alice", PASSWORD, phone.code(step + 1))
    server.command("user", "enable", "alice")
    vpn.sign_in("allowed", "alice", PASSWORD, phone.code(step + 1))
    if vpn.faults:
        raise Failed("; ".join(vpn.faults))
    return application, enrolled


def join(server, application, enrolled):
    say(f"""
AuthX goes on running at {server.url}. To look around:
    {server.program} --config {server.config} log
To sign in, add this to an authenticator app:
    {enrolled["uri"]}
and run
    export SSL_CERT_FILE={server.certificate} AUTHX_URL={application["application_url"]}
    export AUTHX_APP={application["application_id"]} AUTHX_KEY={application["application_key"]}
    echo '{PASSWORD}' | python3 {ROOT}/docs/examples/client.py alice CODE
To end it:
    kill {server.process.pid}; rm -r {server.directory}""")


def settled_step():
    """The current step, with enough of it left to use the code of the one before."""
    left = STEP_SECS - time.time() % STEP_SECS
    if left < MARGIN_SECS:
        time.sleep(left)
    return int(time.time()) // STEP_SECS


def other_key(application):
    """A well-formed Application Key that AuthX never gave out: one letter of the secret differs."""
    key = application["application_key"]
    return key[:4] + ("A" if key[4] != "A" else "B") + key[5:]


def example_client():
    """The client that docs/protocol.md shows, so that it is tried here too."""
    spec = importlib.util.spec_from_file_location("client", ROOT / "docs/examples/client.py")
    client = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(client)
    return client


def run(command, typed=None):
    done = subprocess.run(list(map(str, command)), input=typed or "", text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        shown = " ".join(map(str, command))
        raise Failed(f"`{shown}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def say(text):
    print(text, file=sys.stderr, flush=True)


def interrupted(number, _frame):
    # Once is enough: a second signal must not cut the cleaning up short.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main():
    for each in SIGNALS:
        signal.signal(each, interrupted)
    keep = os.environ.get("KEEP", "") not in ("", "0")
    with contextlib.ExitStack() as cleaning:
        directory = Path(tempfile.mkdtemp(prefix="authx-demo-"))
        cleaning.callback(shutil.rmtree, directory, ignore_errors=True)
        server = Server(Path(sys.argv[1]).resolve(), directory)
        cleaning.callback(server.stop)
        try:
            application, enrolled = demo(server)
        except Failed as failed:
            if server.log().exists():
                say("".join(server.log().read_text(errors="replace").splitlines(True)[-20:]))
            sys.exit(f"demo: {failed}")
        if keep:
            cleaning.pop_all()
            join(server, application, enrolled)


if __name__ == "__main__":
    main()
