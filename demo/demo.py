"""Starts AuthX in a temporary directory, signs alice in and shows what is refused.

    python3 demo/demo.py DIRECTORY-OF-THE-BUILT-PROGRAMS

First by AuthX's API alone; then in the portal; then with the package for OpenVPN Access Server; then, where it may make
network namespaces, on real OpenVPN servers: with codes, and with a phone, which is `authx-phone`
here. Each login is one line on standard output, everything else goes to standard error:

    LOGIN user factor method outcome milliseconds

The factor is `session` where OpenVPN's token stood for it, `push` where a phone was asked, and
`phone_code` where a phone showed a code for a client that shows nothing. What came before the code
stands behind a `+` where that was not AuthX's password. The method is `api`, `portal`, `access_server`, or
as the agent calls it.

Ends with 0 when every login came out as it should. With KEEP=1 all of it stays.
"""

import contextlib
import os
import shutil
import sys
from pathlib import Path

import api
import network
import package
import phones
import portal
import process
import vpn
from authx import Person, Server
from keep import clean_up_when_interrupted, how_to_join, in_a_child, stay
from process import Failed, say
from push_service import PushService
from story import Story


def demo(built, directory, cleaning):
    authx = Server(built / "authx", directory)
    service = PushService()
    cleaning.callback(service.stop)
    authx.push_by(service)
    cleaning.callback(authx.stop)
    authx.start()
    say(f"AuthX is ready at {authx.url}")
    authx.command("tenant", "create", "demo")
    application = authx.ask("application", "create", "--tenant", "demo", "--name", "office-vpn")
    alice = Person(authx, "alice")
    say("tenant, application and alice exist, her authenticator app is confirmed")

    story = Story()
    api.tell(story, authx, application, alice)
    portal.tell(story, authx, alice)
    tour = phones.Tour(built, directory, authx, alice, story)
    tour.enrolled()
    package.Tour(directory, authx, alice, tour.phone, story).tell()
    without = network.missing(built)
    world = None
    if without:
        say(f"VPN: skipped ({without})")
    else:
        authx.command("policy", "set", "--application", "office-vpn", typed=vpn.POLICY)
        world = vpn.World(built, directory, authx, application, cleaning)
        world.start()
        say("the agent and OpenVPN are ready")
        vpn.Tour(world, authx, alice, story).tell()
        tour.tell(world, service)
    story.end()
    return authx, application, alice, world, tour.phone


def main():
    built = Path(sys.argv[1]).resolve()
    parent = in_a_child() if os.environ.get("KEEP", "") not in ("", "0") else None
    clean_up_when_interrupted()
    process.sweep_directories()
    with contextlib.ExitStack() as cleaning:
        directory = process.directory()
        cleaning.callback(shutil.rmtree, directory, ignore_errors=True)
        try:
            made = demo(built, directory, cleaning)
            if parent is not None:
                say(how_to_join(*made))
                stay(parent)
        except Failed as failed:
            sys.exit(f"demo: {failed}")


if __name__ == "__main__":
    main()
