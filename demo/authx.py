"""AuthX as a process, and a person in it."""

import json
import ssl
import time
import urllib.error
import urllib.request

import push_service
from phone import STEP_SECS, Phone, present_step
from process import Failed, Program, free_port, run

PASSWORD = "correct horse battery staple"
MARGIN_SECS = 5


class Server(Program):
    """One AuthX, in a directory of its own."""

    def __init__(self, program, directory):
        self.program, self.place = program, directory
        self.url = f"https://localhost:{free_port()}"
        run([program, "init", "--dir", directory, "--public-url", self.url,
             "--push-contact", push_service.CONTACT])
        self.config = next(directory.glob("*.toml"))
        self.certificate = directory / "certificate.pem"
        super().__init__([program, "serve", "--config", self.config], directory / "server.log")

    def push_by(self, service):
        """Sends notices for phones by this push service too."""
        contact = f'contact = "{push_service.CONTACT}"\n'
        text = self.config.read_text()
        self.config.write_text(text.replace(contact, contact + service.settings))
        service.start(self.certificate, self.place / "certificate.key")

    def start(self):
        super().start()
        trust = ssl.create_default_context(cafile=self.certificate)
        deadline, last = time.monotonic() + 20, "no answer"
        while time.monotonic() < deadline:
            if not self.is_running():
                raise Failed(f"authx serve ended with {self.process.returncode}:\n{self.log.end()}")
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=2, context=trust):
                    return
            except urllib.error.HTTPError as answer:
                last = f"{answer.code} {answer.read(400).decode(errors='replace')}"
            except OSError as error:
                last = str(error)
            time.sleep(0.05)
        raise Failed(f"authx serve is not ready: {last}\n{self.log.end()}")

    def command(self, *arguments, typed=None):
        """Runs an `authx` command and gives what it printed."""
        return run([self.program, "--config", self.config, *arguments], typed)

    def ask(self, *arguments):
        return json.loads(self.command(*arguments, "--json"))


class Person:
    """Somebody with a password and an authenticator app."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        server.command("user", "create", name, "--password", typed=f"{PASSWORD}\n")
        self.new_app()

    def new_app(self):
        """Enrols an app in place of the one before.

        AuthX takes the codes of three steps, each once: the one before now confirms the app, the
        present one and the next one sign in. So nobody has to wait for a new code.
        """
        step = present_step()
        left = STEP_SECS - time.time() % STEP_SECS
        # Shortly before the next step the one before now may be too old when AuthX looks at it.
        first = step if left < MARGIN_SECS else step - 1
        offered = self.server.ask("user", "code", self.name)
        self.uri, self.secret = offered["uri"], offered["secret"]
        self.phone = Phone(self.secret)
        self.server.command("user", "code", self.name, "--confirm", self.phone.code(first))
        self.steps = list(range(first + 1, step + 2))

    def code(self):
        """A code that was not used yet and will be good for some seconds more."""
        oldest = int(time.time() + MARGIN_SECS) // STEP_SECS - 1
        if not self.steps or self.steps[0] < oldest:
            self.new_app()
        return self.phone.code(self.steps.pop(0))

    def wrong_code(self):
        return self.phone.wrong_code(present_step())
