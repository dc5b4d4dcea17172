"""The third part: real OpenVPN servers and clients, in network namespaces of their own."""

import itertools
import json
import time

import pam
from agent import Agent
from authx import PASSWORD
from certificates import Authority
from management import Asked, Connected
from network import Network
from openvpn import PINGS_FOR_A_KEY, PROFILES, Client, Server
from process import PATIENCE_SECS, Failed, say

# Every way into the application, as its policy has to say.
POLICY = """
first_factors = ["password", "certificate", "pam"]
dynamic_challenge = "on"
"""


class World:
    """The VPN host with its agent and servers, and the clients' side."""

    def __init__(self, built, directory, authx, application, cleaning):
        self.directory, self.cleaning, self.network = directory, cleaning, Network()
        self.clients = []
        self.next_server = itertools.count().__next__
        self.next_client = itertools.count().__next__
        self.authority = Authority(directory)
        self.certificate_of_alice = self.authority.certify("alice", "client")
        service = pam.Service()
        cleaning.callback(service.remove)
        service.make(directory)
        self.agent = Agent(built, directory, authx, application, service.name)
        self.office = Server(self, "office", "authx")
        self.certificate = Server(self, "certificate", "certificate")
        self.pam = Server(self, "pam", "pam")
        # As on a host whose OpenVPN has no management socket for the agent.
        self.plain = Server(self, "plain", "authx", protocol="tcp", management=False)
        self.servers = (self.office, self.certificate, self.pam, self.plain)

    def start(self):
        cleaning = self.cleaning
        cleaning.callback(self.network.remove)
        self.network.make()
        for server in self.servers:
            self.agent.serve(server)
        cleaning.callback(self.agent.stop)
        self.agent.start()
        for server in self.servers:
            cleaning.callback(server.stop)
            server.start()
        cleaning.callback(self.end_clients)

    def end_clients(self):
        for client in self.clients:
            client.tell_to_stop()
        for client in self.clients:
            client.stop()

    def profile_of_alice(self, server):
        """A file for the command `openvpn`, which asks at the terminal."""
        file = self.directory / f"alice-{server.name}.ovpn"
        file.write_text(server.profile("crv1"))
        return file


class Tour:
    """Alice before her clients, one sign-in after the other."""

    def __init__(self, world, authx, alice, story):
        self.world, self.authx, self.alice, self.story = world, authx, alice, story
        self.agent = world.agent

    def tell(self):
        for server in (self.world.certificate, self.world.pam, self.world.office):
            say(f"{FIRST_FACTORS[server.first_factor]}, then a code, in every way:")
            for method in PROFILES:
                self.allowed(server, method).tell_to_stop()
        say("a wrong code is asked again in the same connection:")
        client = self.allowed(self.world.office, "cr_text", wrong_codes=1)
        say("new keys after some packets, and nothing is asked:")
        self.renegotiated(client)
        self.refused()
        self.away(client)
        self.gone()

    def allowed(self, server, method, wrong_codes=0):
        """Signs in and pings through the tunnel."""
        client = Client(self.world, server, method)
        self.sign_in(client, wrong_codes=wrong_codes)
        self.pinged(client)
        return client

    def pinged(self, client):
        came_back, millis = client.ping()
        say(f"    {came_back} of 3 pings came back through the tunnel, {millis:.2f} ms")
        # On a machine with much to do the first one may come before the server has its keys.
        if came_back == 0:
            raise Failed(f"the tunnel to {client.server.name} carries nothing\n{client.log.end()}")

    def renegotiated(self, client):
        mark = self.agent.log.mark()
        lost = client.renegotiate()
        seen = self.agent.sign_in(mark)
        self.session(client, seen, seen["after_ms"])
        say(f"    {lost} of {PINGS_FOR_A_KEY} pings were lost meanwhile")

    def session(self, client, seen, millis):
        """OpenVPN's token stands for password and code."""
        outcome = "allowed" if seen["outcome"] == "renewed" else f"refused:{seen['outcome']}"
        self.story.login(seen["user"], "session", seen["method"], outcome, millis, "allowed")
        if client.times_asked != 1:
            raise Failed(f"alice was asked for her password again\n{client.log.end()}")

    def refused(self):
        say("what does not let her in, where nothing can be asked again:")
        self.alice.new_app()
        code, world = self.alice.code(), self.world
        self.sign_in(Client(world, world.plain, "scrv1"), code=code)
        self.refusal("wrong_credentials", "password", password="wrong password", code=code)
        self.refusal("wrong_code", code=self.alice.wrong_code())
        self.refusal("code_already_used", code=code)
        self.authx.command("user", "disable", "alice")
        self.refusal("wrong_credentials")
        self.authx.command("user", "enable", "alice")

    def refusal(self, reason, tried="code", **typed):
        client = Client(self.world, self.world.plain, "scrv1")
        self.sign_in(client, f"refused:{reason}", tried, **typed)
        client.tell_to_stop()

    def away(self, client):
        """Without AuthX nobody new comes in, and nobody who is in falls out."""
        say("AuthX is stopped: nobody new comes in, and who has signed in can even connect again:")
        self.authx.stop()
        newcomer = Client(self.world, self.world.office, "scrv1")
        self.sign_in(newcomer, "refused:authx_unreachable")
        # It was told to try again by itself.
        newcomer.tell_to_stop()
        mark = self.agent.log.mark()
        if not isinstance(client.reconnect(), Connected):
            raise Failed(f"alice is out\n{client.log.end()}")
        millis = client.millis()
        self.session(client, self.agent.sign_in(mark), millis)
        self.pinged(client)
        say("AuthX is back:")
        self.authx.start()
        self.allowed(self.world.pam, "append")

    def gone(self):
        """OpenVPN sees it at once over TCP; over UDP when the time for the answer is over."""
        say("her client goes away while she is asked:")
        client = Client(self.world, self.world.plain, "cr_text")
        mark = self.agent.log.mark()
        if not isinstance(client.sign_in("alice", PASSWORD), Asked):
            raise Failed(f"alice is not asked for a code\n{client.log.end()}")
        left = time.perf_counter()
        client.tell_to_stop()
        seen = self.agent.sign_in(mark)
        ended = self.ended(seen["code"])
        millis = (time.perf_counter() - left) * 1_000
        self.story.login(seen["user"], "code", seen["method"], ended, millis, "cancelled")

    def ended(self, code):
        """How a login ended, by AuthX's record."""
        deadline = time.monotonic() + PATIENCE_SECS
        while time.monotonic() < deadline:
            for line in self.authx.command("log", "--code", code, "--json").splitlines():
                kind = json.loads(line)["event"]
                if kind in ENDS:
                    return kind.removeprefix("login_")
            time.sleep(0.05)
        raise Failed(f"AuthX does not know how login {code} ended")

    def sign_in(self, client, expected="allowed", tried="code", password=None, code=None,
                wrong_codes=0):
        """Types what the client has a place for, and tells what came of it."""
        password = password or PASSWORDS[client.server.first_factor]
        at_once = client.method in ("scrv1", "append")
        mark = self.agent.log.mark()
        with_it = (code or self.alice.code()) if at_once else None
        outcome = client.sign_in("alice", password, with_it)
        if isinstance(outcome, Asked) and not outcome.state:
            time.sleep(READING_SECS)
        for number in range(wrong_codes + 1):
            if not isinstance(outcome, Asked):
                break
            if number > 0:
                self.asked_again(client)
            wrong = number < wrong_codes
            outcome = client.answer(self.alice.wrong_code() if wrong else code or self.alice.code())
        millis = client.millis()
        seen = self.agent.sign_in(mark)
        word = "allowed" if isinstance(outcome, Connected) else f"refused:{seen['outcome']}"
        self.story.login(seen["user"], factors(tried, seen["first_factor"]), seen["method"], word,
                         millis, expected)

    def asked_again(self, client):
        tried = factors("code", client.server.first_factor)
        self.story.login("alice", tried, client.method, "asked_again", client.millis(),
                         "asked_again")


def factors(tried, first_factor):
    return tried if first_factor == "authx" else f"{tried}+{first_factor}"


# Alice is quick.
READING_SECS = 1.2
ENDS = ("login_allowed", "login_cancelled", "login_expired", "login_refused")
PASSWORDS = {"authx": PASSWORD, "certificate": "", "pam": pam.PASSWORD}
FIRST_FACTORS = {
    "authx": "the password that AuthX keeps",
    "certificate": "her certificate",
    "pam": "the password that the VPN host keeps (PAM)",
}
