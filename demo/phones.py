"""The third part: alice's phone. Enrolled by whoever runs the demo, asked only by a real VPN."""

import json
import re
import time

import vpn
from authx import PASSWORD
from authx_phone import AuthxPhone, four_words
from management import Asked, Connected, Refused
from openvpn import Client
from process import Failed, say

# Its keys lie in a file, where a thief of the file has them. So that is for the operator to decide.
POLICY = 'phone_classes = ["web", "software"]\n'
NOT_ALLOWED = "class_not_allowed"


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

    def approved(self):
        say("she types `push`, and on the phone the number that stands at the prompt:")
        client, mark, number = self.pushed("push")
        client.typed = time.perf_counter()
        answering = self.phone.begin("approve", "--number", number)
        outcome = settled(client)
        self.decided(client, mark, outcome, "push", "allowed")
        seen(self.phone.finish(answering))
        client.tell_to_stop()

    def wrong_number(self):
        say("a number that is not the prompt's, twice:")
        client, mark, number = self.pushed("push")
        for wrong in ("000000", "000001", "000002"):
            if wrong == number:
                continue
            client.typed = time.perf_counter()
            answered = self.phone.answer("approve", "--number", wrong)
            seen(answered)
            if answered.get("tries_left") == 0:
                break
        self.decided(client, mark, settled(client), "push", "refused:wrong_number")

    def not_me(self):
        say("it was somebody else, and she says so on the phone:")
        client, mark, _ = self.pushed("push")
        client.typed = time.perf_counter()
        answered = self.phone.answer("fraud")
        seen(answered)
        self.decided(client, mark, settled(client), "push", "refused:fraud")
        say("    administrator: " + self.recorded(answered["support_code"], "fraud_reported"))
        say("so nobody can have her phone asked for now; her codes count:")
        client, mark, _ = self.pushed("push")
        self.by_code(client, mark)
        self.authx.command("user", "enable", "alice")
        say("    administrator: authx user enable alice")

    def unreachable(self, service):
        say("a second phone, whose app was removed since: its push service answers 410")
        self.add(self.tablet, self.authx.ask("user", "invite", "alice")["link"])
        service.subscribe(self.tablet, self.directory)
        client, mark, _ = self.pushed("push2")
        # What became of the notice is said in the same connection.
        said = client.next()
        if not isinstance(said, Asked):
            raise Failed(f"the prompt does not say that the phone is not reached: {said}")
        prompted(said)
        self.by_code(client, mark)
        if service.notices == 0:
            raise Failed("the push service got no notice")
        say("from then on the prompt says so at once:")
        client, mark, _ = self.pushed("push2")
        self.by_code(client, mark)

    def shows_nothing(self):
        say("a client that can show nothing, neither number nor question, is told what to do:")
        self.in_force(vpn.POLICY.replace("dynamic_challenge", "# dynamic_challenge"))
        client, mark = self.quiet_client()
        outcome = client.sign_in("alice", PASSWORD)
        self.decided(client, mark, outcome, "nothing", "refused:phone_code_needed")
        shown = self.phone.answer("code")
        say(f"    phone: {shown['code']}, for {shown['seconds_left']} s")
        client, mark = self.quiet_client()
        outcome = client.sign_in("alice", PASSWORD, shown["code"])
        self.decided(client, mark, outcome, "phone_code", "allowed")
        client.tell_to_stop()
        self.in_force(vpn.POLICY)

    def quiet_client(self):
        return Client(self.world, self.world.office, "append"), self.world.agent.log.mark()

    def in_force(self, policy):
        """Lets the agent know at once what it would ask for within a minute."""
        self.authx.command("policy", "set", "--application", "office-vpn", typed=policy)
        self.world.agent.stop()
        self.world.agent.start()

    def verified(self):
        approved = [entry for entry in self.entries() if entry["event"] == "login_allowed"
                    and "approval" in entry["detail"]]
        say("the record holds what her phone signed, and is verified with it:")
        self.authx.command("audit", "verify")
        say(f"    {len(approved)} approvals")

    def pushed(self, word):
        """Connects and asks for a phone: the client, a mark in the agent's log, the number."""
        world = self.world
        client, mark = Client(world, world.office, "cr_text"), world.agent.log.mark()
        asked = client.sign_in("alice", PASSWORD)
        if not isinstance(asked, Asked):
            raise Failed(f"alice is not asked: {asked}\n{client.log.end()}")
        prompted(asked)
        number = re.search(r"number is (\d{3}) (\d{3})", asked.text)
        if number is None:
            raise Failed(f"no number stands in the prompt: {asked.text}")
        said = client.answer(word)
        if not isinstance(said, Asked):
            raise Failed(f"`{word}` came to: {said}\n{client.log.end()}")
        prompted(said)
        return client, mark, "".join(number.groups())

    def by_code(self, client, mark):
        """Alice types a code instead."""
        outcome = client.answer(self.alice.code())
        while isinstance(outcome, Asked):
            # News of the phone that had been under way.
            outcome = client.next()
        self.decided(client, mark, outcome, "code", "allowed")
        client.tell_to_stop()

    def decided(self, client, mark, outcome, tried, expected):
        """Tells what came of a sign-in."""
        millis = client.millis()
        seen_by_agent = self.world.agent.sign_in(mark)
        if isinstance(outcome, Refused):
            say(f"    prompt: {outcome.text}")
        word = ("allowed" if isinstance(outcome, Connected)
                else f"refused:{seen_by_agent['outcome']}")
        self.story.login(seen_by_agent["user"], tried, seen_by_agent["method"], word, millis,
                         expected)

    def entries(self):
        lines = self.authx.command("log", "--newest", "1000", "--json").splitlines()
        return [json.loads(line) for line in lines]

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


def prompted(asked):
    say(f"    prompt: {asked.text}")


def seen(answered):
    """What the phone shows after an answer."""
    left = f", {answered['tries_left']} left" if "tries_left" in answered else ""
    say(f"    phone: {answered['outcome'].replace('_', ' ')}{left} [{answered['support_code']}]")
