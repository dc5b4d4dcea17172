"""The first part: a program asks AuthX by its signed API, as docs/protocol.md shows."""

import importlib.util
import json
import os
import secrets
import time
from pathlib import Path

from authx import PASSWORD
from story import Story

# Characters that cannot be mistaken for one another, as in docs/protocol.md.
SUPPORT_CODE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CLIENT = Path(__file__).resolve().parent.parent / "docs/examples/client.py"


class Host:
    """Stands where a VPN server will: asks AuthX whether a user may come in."""

    def __init__(self, application, story):
        self.client, self.application, self.story = example_client(), application, story

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
        self.story.login(user, tried, "api", outcome, took, expected)

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


def tell(story, server, application, alice):
    os.environ["SSL_CERT_FILE"] = str(server.certificate)
    host = Host(application, story)
    code = alice.code()
    host.sign_in("allowed", "alice", PASSWORD, code)
    host.sign_in("refused:wrong_credentials", "alice", "wrong password", code, tried="password")
    host.sign_in("refused:wrong_code", "alice", PASSWORD, alice.wrong_code())
    host.sign_in("refused:code_already_used", "alice", PASSWORD, code)
    host.sign_in("refused:no_verdict", "alice", PASSWORD, code, key=other_key(application))
    server.command("user", "disable", "alice")
    code = alice.code()
    host.sign_in("refused:wrong_credentials", "alice", PASSWORD, code)
    server.command("user", "enable", "alice")
    host.sign_in("allowed", "alice", PASSWORD, code)


def other_key(application):
    """A well-formed Application Key that AuthX never gave out: one letter of the secret differs."""
    key = application["application_key"]
    return key[:4] + ("A" if key[4] != "A" else "B") + key[5:]


def example_client():
    """The client that docs/protocol.md shows, so that it is tried here too."""
    spec = importlib.util.spec_from_file_location("client", CLIENT)
    client = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(client)
    return client
