"""People with an app, recovery codes and phones, for the tests' AuthX."""

import base64
import hashlib
import hmac
import json
import os
import re
import struct
import threading
import time

STEP_SECS = 30
# A code that is good for less than this may be too old when AuthX looks at it.
MARGIN_SECS = 5
ANSWER_SECS = 20


def text(word):
    """Text, also where a literal is bytes (2.7)."""
    return word.decode("utf-8") if isinstance(word, bytes) else word


def present_step():
    return int(time.time()) // STEP_SECS


class Person(object):
    """Somebody of the company."""

    def __init__(self, authx, name, aliases=(), made=None):
        self.authx, self.name = authx, name
        self.secret, self.spent, self.phones = None, 0, []
        if made is None:
            words = [word for alias in aliases for word in ("--alias", alias)]
            authx.command(*(["user", "create", name] + words))

    def new_app(self):
        """Enrols an app in place of the one before. AuthX takes the codes of three steps: the one
        before now confirms the app, the present one and the next one are for the test."""
        step = present_step()
        left = STEP_SECS - time.time() % STEP_SECS
        first = step if left < MARGIN_SECS else step - 1
        self.secret = str(self.authx.ask("user", "code", self.name)["secret"])
        self.authx.command("user", "code", self.name, "--confirm", self._code_of(first))
        self.spent = first

    def _code_of(self, step):
        key = base64.b32decode(self.secret + "=" * (-len(self.secret) % 8))
        tag = bytearray(hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest())
        at = tag[-1] & 15
        number = struct.unpack(">I", bytes(tag[at:at + 4]))[0] & 0x7FFFFFFF
        return "%06d" % (number % 1000000)

    def code(self):
        """A code that was not used yet and is good for some seconds more."""
        step = max(self.spent + 1, int(time.time() + MARGIN_SECS) // STEP_SECS - 1)
        if step > present_step() + 1:
            self.new_app()
            step = self.spent + 1
        self.spent = step
        return self._code_of(step)

    def wrong_code(self, which=0):
        """A code that is none; another `which`, another code."""
        near = [self._code_of(step) for step in range(present_step() - 12, present_step() + 13)]
        return [code for code in map("{0:06}".format, range(100)) if code not in near][which]

    def recovery(self):
        """Ten recovery codes."""
        return self.authx.ask("user", "recovery", self.name)["recovery_codes"]

    def phone(self, subscribed=False):
        """One more phone of this person, enrolled by an invitation; a subscribed one gets
        notices, and so may be asked before anybody has typed `push`."""
        phone = Phone(self.authx, "%s-phone%d" % (folder_name(self.name), len(self.phones) + 1))
        invitation = self.authx.ask("user", "invite", self.name)
        separate = str(invitation["separate_code"]).replace(" ", "")
        phone.run("enrol", invitation["link"], "--separate-code", separate, "--yes",
                  "--ca-file", self.authx.certificate, "--name", "desk")
        self.phones.append(phone)
        if subscribed:
            from subscription import subscribe
            subscribe(phone, self.authx)
        return phone


def folder_name(name):
    return re.sub("[^A-Za-z0-9]", "_", name)[:30]


class Phone(object):
    """An `authx-phone`, and whoever holds it."""

    def __init__(self, authx, name):
        self.authx, self.store = authx, os.path.join(authx.place, "phones", name)
        if not os.path.isdir(os.path.dirname(self.store)):
            os.mkdir(os.path.dirname(self.store))

    def run(self, *words, **more):
        """Runs the program; gives what it printed."""
        from authx_server import program, run
        return run([program("authx-phone"), "--store", self.store] + list(words), **more)

    def answer(self, *words):
        """Answers the sign-in that waits, or the one that comes soon; gives what became of it."""
        said = self.run("--json", *(words + ("--wait", str(ANSWER_SECS))), ends=(0, 1))
        assert said.strip(), "`authx-phone %s` came to nothing" % " ".join(words)
        return json.loads(said)

    def approve(self, number=None):
        return self.answer(*(("approve", "--number", number) if number else ("approve",)))

    def deny(self):
        return self.answer("deny")

    def fraud(self):
        return self.answer("fraud")

    def code(self):
        """A code for a client that shows nothing."""
        return self.answer("code")["code"]

    def waiting(self):
        """The sign-ins that wait, as the phone has them."""
        lines = self.run("--json", "watch", "--once", ends=(0, 3)).splitlines()
        return [json.loads(line)["request"] for line in lines if line.strip()]

    def account(self):
        with open(os.path.join(self.store, "phone.json")) as file:
            return json.load(file)["accounts"][0]


class Spare(object):
    """Somebody who was made beforehand."""

    FILE = "people.json"
    WITH_CODE, WITH_PHONE, AT_ONCE = 120, 60, 4

    def __init__(self, person, phone):
        self.person, self.phone = person, phone

    @classmethod
    def make(cls, authx):
        """Makes people in an AuthX, and a list of them."""
        kinds = [False] * cls.WITH_CODE + [True] * cls.WITH_PHONE
        made, broken, taking = [], [], threading.Lock()

        def work():
            while True:
                with taking:
                    if not kinds or broken:
                        return
                    phone = kinds.pop()
                try:
                    person = authx.user(authx.new_name("spare"), phone=phone)
                    made.append({"name": person.name, "secret": person.secret,
                                 "spent": person.spent, "phone": phone})
                except Exception as error:
                    broken.append(error)
        workers = [threading.Thread(target=work) for _ in range(cls.AT_ONCE)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if broken:
            raise broken[0]
        with open(os.path.join(authx.place, cls.FILE), "w") as file:
            json.dump(made, file)

    @classmethod
    def read(cls, authx):
        """The people of a copy."""
        with open(os.path.join(authx.place, cls.FILE)) as file:
            made = json.load(file)
        return [cls(cls.person_of(authx, one), one["phone"]) for one in made]

    @staticmethod
    def person_of(authx, one):
        person = Person(authx, str(one["name"]), made=one)
        person.secret, person.spent = str(one["secret"]), one["spent"]
        if one["phone"]:
            person.phones.append(Phone(authx, folder_name(person.name) + "-phone1"))
        return person
