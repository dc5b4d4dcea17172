"""The fourth part: alice's phone. Enrolled by whoever runs the demo, asked only by a real VPN."""

import json
import re
import time
from dataclasses import dataclass

import vpn
from authx import PASSWORD
from authx_phone import AuthxPhone, four_words
from management import Asked, Connected, Refused
from openvpn import Client
from process import Failed, say

# Its keys lie in a file, where a thief of the file has them. So that is for the operator to decide.
POLICY = 'phone_classes = ["web", "software"]\n'
NOT_ALLOWED = "class_not_allowed"


@dataclass
class SignIn:
    """Alice at a prompt, who has asked for a phone."""

    client: Client
    # In the agent's log, before it.
    mark: int
    number: str
    # What the prompt said to it.
    text: str


class Tour:
    """Alice with a phone in her hand, before a client that asks for it."""

    def __init__(self, built, directory, authx, alice, story):
        self.directory, self.authx, self.alice, self.story = directory, authx, alice, story
        self.phone = AuthxPhone(built, directory, "desk", authx.certificate)
        self.tablet = AuthxPhone(built, directory, "tablet", authx.certificate)
        self.world = None

    def enrolled(self):
        say("an administrator invites alice's phone, which is a program at a terminal here:")
        link = self.authx.ask("user", "invite", "alice")["link"]
        done, said = self.phone.enrol(link, PASSWORD, self.same_words)
        if done or NOT_ALLOWED not in said:
            raise Failed(f"a program was enrolled that no policy allows: {said}")
        say(f"    phone: {said}")
        say("an operator who wants such phones says so in the policy:")
        self.authx.command("policy", "set", typed=POLICY)
        self.add(self.phone, link)

    def add(self, phone, link):
        done, said = phone.enrol(link, PASSWORD, self.same_words)
        if not done:
            raise Failed(f"the phone `{phone.name}` is not enrolled: {said}")
        say(f"    phone: {said}")

    def same_words(self, words):
        """Whether the administrator sees what the phone shows."""
        theirs = four_words(self.authx.command("user", "phones", "alice"))
        say(f"    phone: {' '.join(words)}\n    administrator: {' '.join(theirs)}")
        return words == theirs

    def tell(self, world, service):
        self.world = world
        self.approved()
        self.wrong_number()
        self.not_me()
        self.unreachable(service)
        self.shows_nothing()
        self.verified()

    def approved(self):
        say("she types `push`, and on the phone the number that stands at the prompt:")
        at = self.pushed("push")
        at.client.typed = time.perf_counter()
        answering = self.phone.begin("approve", "--number", at.number)
        self.decided(at, settled(at.client), "push", "allowed")
        shown(self.phone.finish(answering))
        at.client.tell_to_stop()

    def wrong_number(self):
        say("a number that is not the prompt's, twice:")
        at = self.pushed("push")
        wrong = [number for number in ("000000", "000001", "000002") if number != at.number]
        for number in wrong[:2]:
            at.client.typed = time.perf_counter()
            shown(self.phone.answer("approve", "--number", number))
        self.decided(at, settled(at.client), "push", "refused:wrong_number")

    def not_me(self):
        say("it was somebody else, and she says so on the phone:")
        at = self.pushed("push")
        at.client.typed = time.perf_counter()
        answered = self.phone.answer("fraud")
        shown(answered)
        self.decided(at, settled(at.client), "push", "refused:fraud")
        say("    administrator: " + self.recorded(answered["support_code"], "fraud_reported"))
        say("for a day nobody can have her phone asked, unless an administrator enables her again:")
        self.by_code(self.pushed("push"), "cannot be asked for now")
        self.authx.command("user", "enable", "alice")
        say("    administrator: authx user enable alice")

    def unreachable(self, service):
        say("her second phone, whose app was removed since: its push service answers 410")
        self.add(self.tablet, self.authx.ask("user", "invite", "alice")["link"])
        service.subscribe(self.tablet, self.directory)
        self.by_code(self.pushed("push2"), "cannot be reached now")
        if service.notices != 1:
            raise Failed(f"the push service got {service.notices} notices instead of one")
        say("from then on the prompt says so at once:")
        self.by_code(self.pushed("push2"), "has not been reachable since")

    def shows_nothing(self):
        say("a client that can show nothing, neither number nor question, is told what to do:")
        self.in_force(vpn.POLICY.replace("dynamic_challenge", "# dynamic_challenge"))
        self.silently(None, "nothing", "refused:phone_code_needed")
        given = self.phone.answer("code")
        say(f"    phone: {given['code']}, for {given['seconds_left']} s")
        self.silently(given["code"], "phone_code", "allowed")
        self.in_force(vpn.POLICY)

    def silently(self, code, tried, expected):
        """Signs in by a client that shows nothing."""
        mark = self.world.agent.log.mark()
        client = Client(self.world, self.world.office, "append")
        outcome = client.sign_in("alice", PASSWORD, code)
        self.decided(SignIn(client, mark, "", ""), outcome, tried, expected)
        client.tell_to_stop()

    def in_force(self, policy):
        """Lets the agent know at once what it would ask for within a minute."""
        self.authx.command("policy", "set", "--application", "office-vpn", typed=policy)
        self.world.agent.stop()
        self.world.agent.start()

    def verified(self):
        say("the record holds what her phone signed, and its signatures are checked again:")
        lines = self.authx.command("log", "--newest", "1000", "--json").splitlines()
        allowed = [json.loads(line) for line in lines if '"login_allowed"' in line]
        signed = sum("approval" in entry["detail"] for entry in allowed)
        verdict = self.authx.command("audit", "verify").splitlines()[-1]
        say(f"    administrator: authx audit verify, {signed} by push: {verdict}")
        if signed == 0:
            raise Failed("no approval is in the record")

    def pushed(self, word):
        """Connects and asks for a phone."""
        mark = self.world.agent.log.mark()
        client = Client(self.world, self.world.office, "cr_text")
        first = prompted(client.sign_in("alice", PASSWORD))
        number = re.search(r"number is (\d{3}) (\d{3})", first)
        if number is None:
            raise Failed(f"no number stands in the prompt: {first}")
        return SignIn(client, mark, "".join(number.groups()), prompted(client.answer(word)))

    def by_code(self, at, expected):
        """Waits until the prompt says this; then alice types a code instead."""
        while expected not in at.text:
            at.text = prompted(at.client.next())
        outcome = at.client.answer(self.alice.code())
        while isinstance(outcome, Asked):
            # News of the phone that had been under way.
            outcome = at.client.next()
        self.decided(at, outcome, "code", "allowed")
        at.client.tell_to_stop()

    def decided(self, at, outcome, tried, expected):
        """Tells what came of a sign-in."""
        millis = at.client.millis()
        seen = self.world.agent.sign_in(at.mark)
        if isinstance(outcome, Refused):
            say(f"    prompt: {outcome.text}")
        word = "allowed" if isinstance(outcome, Connected) else f"refused:{seen['outcome']}"
        self.story.login(seen["user"], tried, seen["method"], word, millis, expected)

    def recorded(self, code, kind):
        """What an administrator reads of a login."""
        lines = self.authx.command("log", "--code", code).splitlines()
        found = [" ".join(line.split()) for line in lines if f" {kind} " in line]
        if not found:
            raise Failed(f"no entry says {kind}:\n" + "\n".join(lines))
        return found[0]


def settled(client):
    """How a sign-in ends; what the prompt says meanwhile is shown."""
    said = client.next()
    while isinstance(said, Asked):
        prompted(said)
        said = client.next()
    return said


def prompted(said):
    """Shows what stands at the prompt of the VPN client."""
    if not isinstance(said, Asked):
        raise Failed(f"alice is not asked: {said}")
    say(f"    prompt: {said.text}")
    return said.text


def shown(answered):
    """Shows what the phone says to an answer."""
    left = f", {answered['tries_left']} left" if "tries_left" in answered else ""
    say(f"    phone: {answered['outcome'].replace('_', ' ')}{left} [{answered['support_code']}]")
