"""The management interface of an OpenVPN client: what a graphical program would speak to it.

OpenVPN's doc/management-notes.txt describes it.
"""

import base64
import socket
import time
from dataclasses import dataclass


@dataclass
class Asked:
    """The server asks. With a state, the connection has ended and the next one has to answer."""

    text: str
    user: str = ""
    state: str = ""


@dataclass
class Connected:
    """The tunnel stands."""


@dataclass
class Refused:
    """The server has refused, for this reason."""

    text: str


class Management:
    """One end of the conversation."""

    def __init__(self, connection):
        self.connection, self.unread = connection, b""

    def say(self, line):
        try:
            self.connection.sendall(f"{line}\n".encode())
        except OSError:
            # That OpenVPN has ended is seen by what it says next.
            return

    def type_in(self, user, password):
        self.say(f'username "Auth" {quoted(user)}')
        self.say(f'password "Auth" {quoted(password)}')

    def respond(self, text):
        self.say(f"cr-response {encoded(text)}")

    def next(self, deadline):
        """What the next line means; None after the end or the deadline."""
        while b"\n" not in self.unread:
            try:
                self.connection.settimeout(max(0.001, deadline - time.monotonic()))
                received = self.connection.recv(4_096)
            except (socket.timeout, ConnectionError):
                return None
            if not received:
                return None
            self.unread += received
        line, self.unread = self.unread.split(b"\n", 1)
        return meaning(line.decode(errors="replace").rstrip("\r"))


def meaning(line):
    kind, _, rest = line.partition(":")
    if kind == ">HOLD":
        return "hold"
    if kind == ">INFOMSG" and rest.startswith("CR_TEXT:"):
        return Asked(rest.split(":", 2)[2])
    if kind == ">PASSWORD" and rest.startswith("Need 'Auth' username/password"):
        return "credentials"
    if kind == ">PASSWORD" and rest.startswith("Verification Failed: 'Auth'"):
        return refusal(rest.partition(" ['")[2].removesuffix("']"))
    if kind == ">STATE" and rest.split(",")[1:2] == ["CONNECTED"]:
        return Connected()
    return "nothing"


def refusal(text):
    """A refusal may be a question in disguise: `CRV1:FLAGS:STATE:USER:TEXT`."""
    if not text.startswith("CRV1:"):
        return Refused(text)
    _, _, state, user, question = text.split(":", 4)
    return Asked(question, base64.b64decode(user).decode(), state)


def crv1(asked, answer):
    """What goes back as the password when the question ended the connection."""
    return f"CRV1::{asked.state}::{answer}"


def scrv1(password, answer):
    """A password and what was typed into the profile's own second field."""
    return f"SCRV1:{encoded(password)}:{encoded(answer)}"


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
