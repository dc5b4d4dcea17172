"""The second part: OpenVPN Access Server with the package that `authx` makes for it.

Access Server itself cannot be had here. The stand-in of the package's own tests, which is written
to the vendor's contract, runs the package's script as Access Server does.
"""

import re
import sys
import time
import zipfile
from pathlib import Path

from process import Failed, say

TESTS = Path(__file__).resolve().parent.parent / "integrations/openvpn-access-server/tests"
NAME = "access-server"


class Tour:
    """Alice at the prompt of an Access Server, which has proved her password by itself."""

    def __init__(self, directory, authx, alice, phone, story):
        self.directory, self.authx = directory, authx
        self.alice, self.phone, self.story = alice, phone, story

    def tell(self):
        say("OpenVPN Access Server, played by the stand-in of its tests, with the package for it:")
        self.authx.ask("application", "create", "--tenant", "demo", "--name", NAME,
                       "--type", "openvpn-access-server")
        # Its tests are for the oldest Python of Access Server too, and import each other by name.
        sys.path.insert(1, str(TESTS))
        import access_server
        server = access_server.AccessServer(access_server.load_package(self.package()))
        try:
            self.by_code(server)
            self.by_push(server)
        finally:
            server.close()

    def package(self):
        """Unpacked, as an operator would; and told whose word AuthX's own certificate is."""
        archive = self.directory / "access-server.zip"
        self.authx.command("application", "package", NAME, "--with-new-key", "as1", "--to", archive)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(self.directory)
            constants = self.directory / next(
                name for name in packed.namelist() if name.endswith("certify_constants.py"))
        text, found = re.subn("^CA_FILE = .*$", f'CA_FILE = "{self.authx.certificate}"',
                              constants.read_text(), flags=re.MULTILINE)
        if found != 1:
            raise Failed("the package has no CA_FILE")
        constants.write_text(text)
        return str(constants.parent)

    def by_code(self, server):
        start = time.perf_counter()
        asked = prompted(server.vpn(self.alice.name))
        self.decided(asked.answer(self.alice.code()), "code", start)

    def by_push(self, server):
        asked = prompted(server.vpn(self.alice.name))
        number = re.search(r"number for the phone is (\d{3}) (\d{3})", asked.challenge)
        if number is None:
            raise Failed(f"no number stands in the challenge: {asked.challenge}")
        start = time.perf_counter()
        answering = self.phone.begin("approve", "--number", "".join(number.groups()))
        self.decided(asked.answer("push"), "push", start)
        self.phone.finish(answering)

    def decided(self, outcome, tried, start):
        millis = (time.perf_counter() - start) * 1_000
        word = "allowed" if outcome.allowed else f"refused:{outcome.reason}"
        self.story.login(self.alice.name, tried, "access_server", word, millis, "allowed")


def prompted(outcome):
    if outcome.challenge is None:
        raise Failed(f"alice is not asked: {outcome.client_reason}")
    say(f"    prompt: {outcome.challenge}")
    return outcome
