"""OpenVPN servers and clients as processes."""

import re
import socket
import subprocess
import time

from management import Asked, Connected, Management, Refused, crv1, scrv1
from network import SERVERS, enter
from process import PATIENCE_SECS, Failed, Program, run

# What a client's profile says beside the usual, by how its user is to give the code. `IV_SSO` is
# what graphical clients say by themselves: that they can show a question.
PROFILES = {
    # A field of its own beside the password.
    "scrv1": 'setenv IV_SSO crtext\nstatic-challenge "AuthX code" 1\n',
    # The password field, behind the password and a comma.
    "append": "",
    # A question in the same connection.
    "cr_text": "setenv IV_SSO crtext\n",
    # A question that ends the connection and is answered by the next one.
    "crv1": "auth-retry interact\n",
}
# After how many packets, either way, the clients of the demo negotiate new keys.
PACKETS_OF_A_KEY = 40
# Each is two packets: enough for one new key, too few for two.
PINGS_FOR_A_KEY = 25


class Server(Program):
    """An OpenVPN server with AuthX's plugin. Servers differ by what stands before the code."""

    def __init__(self, world, name, first_factor, protocol="udp", management=True):
        self.name, self.first_factor, self.authority = name, first_factor, world.authority
        self.protocol = protocol
        self.certificate = world.certificate_of_alice if first_factor == "certificate" else ""
        self.number = world.next_server()
        self.address = f"10.8.{self.number}.1"
        place = world.directory / name
        place.mkdir()
        self.config = place / "server.conf"
        self.management = place / "management.sock" if management else None
        secret = place / "token.secret"
        super().__init__([*enter(world.network.servers), "openvpn", "--config", self.config],
                         world.directory / f"{name}.log")
        text = f"""port {1194 + self.number}
proto {protocol}
dev tun{self.number}
topology subnet
server 10.8.{self.number}.0 255.255.255.0
keepalive 10 60
verb 3
dh none
ca {self.authority.certificate}
auth-gen-token 43200 3600 external-auth
auth-gen-token-secret {secret}
tmp-dir {place}
plugin {world.agent.plugin} {world.agent.socket}
"""
        text += self.authority.certify(f"{name}-server", "server")
        if management:
            text += f"management {self.management} unix\n"
        if first_factor != "certificate":
            text += "verify-client-cert none\nusername-as-common-name\n"
        self.config.write_text(text)
        run(["openvpn", "--genkey", "auth-token", secret])

    def start(self):
        mark = self.log.mark()
        super().start()
        self.says(mark, "Initialization Sequence Completed")

    def profile(self, method):
        """What a user of this server gets."""
        text = f"""client
dev tun
proto {self.protocol}
remote {SERVERS} {1194 + self.number}
nobind
remote-cert-tls server
auth-user-pass
verb 3
<ca>
{self.authority.certificate.read_text()}</ca>
"""
        if self.protocol == "udp":
            text += "explicit-exit-notify 1\n"
        return text + self.certificate + PROFILES[method]


class Client(Program):
    """An OpenVPN client with its user before it."""

    def __init__(self, world, server, method):
        self.world, self.server, self.method = world, server, method
        number = world.next_client()
        self.device = f"c{number}"
        self.typed, self.credentials, self.challenge, self.times_asked = None, None, None, 0
        path = world.directory / f"client{number}.sock"
        config = world.directory / f"client{number}.ovpn"
        text = server.profile(method)
        # As a graphical program would run it.
        text += (f"management {path} unix\nmanagement-client\nmanagement-hold\n"
                 f"management-query-passwords\nreneg-pkts {PACKETS_OF_A_KEY}\n"
                 f"connect-retry 1\n")
        config.write_text(text.replace("dev tun\n", f"dev {self.device}\ndev-type tun\n"))
        super().__init__([*enter(world.network.clients), "openvpn", "--config", config],
                         world.directory / f"client{number}.log")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(PATIENCE_SECS)
            world.clients.append(self)
            self.start()
            self.management = Management(listener.accept()[0])
        self.management.say("state on")

    def sign_in(self, user, password, code=None):
        """Types name and password, and with them the code if the profile has a place for it."""
        if code is not None and self.method == "scrv1":
            password = scrv1(password, code)
        elif code is not None:
            password = f"{password},{code}" if password else code
        self.credentials = (user, password)
        return self.next()

    def answer(self, text):
        """Answers what was asked, in this connection or in the next one, whichever it takes."""
        if self.challenge is not None:
            self.credentials = (self.challenge.user, crv1(self.challenge, text))
            self.challenge = None
        else:
            self.typed = time.perf_counter()
            self.management.respond(text)
        return self.next()

    def next(self):
        """Waits for the next thing that matters. Name and password are typed when asked for."""
        deadline = time.monotonic() + PATIENCE_SECS
        while (said := self.management.next(deadline)) is not None:
            if said == "hold":
                self.management.say("hold release")
            elif said == "credentials":
                self.times_asked += 1
                self.typed = time.perf_counter()
                self.management.type_in(*self.credentials)
            elif isinstance(said, (Asked, Connected, Refused)):
                self.challenge = said if isinstance(said, Asked) and said.state else None
                return said
        raise Failed(f"nothing comes of a sign-in:\n{self.log.end()}")

    def reconnect(self):
        """Connects again, with what the client has kept."""
        self.typed = time.perf_counter()
        self.management.say("signal SIGUSR1")
        return self.next()

    def millis(self):
        """How long ago something was typed last."""
        return (time.perf_counter() - self.typed) * 1_000

    def ping(self, times=3):
        """Pings the server through the tunnel: how many came back, and the median in ms."""
        command = [*enter(self.world.network.clients), "ping", "-n", "-i", "0.01", "-W", "1",
                   "-c", str(times), "-I", self.device, self.server.address]
        done = subprocess.run(command, text=True, capture_output=True, check=False,
                              timeout=PATIENCE_SECS)
        millis = sorted(map(float, re.findall(r"time=([0-9.]+) ms(?! \(DUP)", done.stdout)))
        return len(millis), millis[len(millis) // 2] if millis else 0.0

    def renegotiate(self):
        """Negotiates new keys, by more packets than a key lasts: how many pings were lost."""
        mark = self.log.mark()
        came_back, _ = self.ping(PINGS_FOR_A_KEY)
        self.says(mark, "TLS: soft reset")
        self.says(mark, "Control Channel: TLS")
        return PINGS_FOR_A_KEY - came_back
