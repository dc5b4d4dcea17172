"""What `KEEP=1` is for: everything goes on, and this says how to join."""

import base64
import hashlib
import os
import signal
import sys
from pathlib import Path

import pam
from authx import PASSWORD
from process import run

DEMO = Path(__file__).resolve().parent
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def clean_up_when_interrupted():
    for each in SIGNALS:
        signal.signal(each, interrupted)


def interrupted(number, _frame):
    # Once is enough: a second signal must not cut the cleaning up short.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def in_a_child():
    """Goes on in a child process. This one ends with it, or when the child calls `stay`.

    So whoever waits for the demo gets on, and what goes on is cleaned up as ever when it ends.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        return writing
    os.close(writing)
    for each in SIGNALS:
        signal.signal(each, lambda number, _frame: os.kill(child, number))
    if os.read(reading, 1):
        sys.exit(0)
    _, status = os.waitpid(child, 0)
    sys.exit(abs(os.waitstatus_to_exitcode(status)))


def stay(writing):
    """Lets the parent end, and waits for the signal to end too."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in range(3):
        os.dup2(nothing, each)
    os.write(writing, b"!")
    os.close(writing)
    signal.pause()


def how_to_join(authx, application, alice, world, phone):
    alice.new_app()
    text = f"""
AuthX goes on running. To look around:
    {authx.program} --config {authx.config} log
The portal is at {authx.url}: sign in as `alice` with the password `{PASSWORD}` and a code of
hers. The certificate is the demo's own, so a browser warns, or is told to trust it:
    chromium --user-data-dir=$(mktemp -d) --ignore-certificate-errors-spki-list={trusted(authx)} \\
        {authx.url}
To sign in as alice, add this to an authenticator app:
    {alice.uri}
or let this show the code:
    python3 {DEMO}/phone.py {alice.secret}
"""
    text += by_api(authx, application) if world is None else by_vpn(world)
    text += by_phone(authx, phone)
    return text + f"""To end it:
    kill {os.getpid()}"""


def trusted(authx):
    """What a browser that does not know the demo's certificate has to be told."""
    key = run(["openssl", "x509", "-in", authx.certificate, "-pubkey", "-noout"])
    digest = hashlib.sha256(base64.b64decode("".join(key.splitlines()[1:-1]))).digest()
    return base64.b64encode(digest).decode()


def by_phone(authx, phone):
    """The app for phones trusts no certificate that its browser does not."""
    link = authx.ask("user", "invite", "alice")["link"]
    return f"""To answer as her phone, once `push` is typed at a prompt:
    {phone.program} --store {phone.store} watch
    {phone.program} --store {phone.store} approve --number NUMBER
To make a browser on this machine one more phone of hers: with the password `{PASSWORD}`,
by “Use this browser as the phone”. It has to trust {authx.certificate}:
    chromium --user-data-dir=$(mktemp -d) --ignore-certificate-errors-spki-list={trusted(authx)} \\
        '{link}'
The four words as an administrator sees them:
    {authx.program} --config {authx.config} user phones alice
"""


def by_api(authx, application):
    return f"""and run
    export SSL_CERT_FILE={authx.certificate} AUTHX_URL={application["application_url"]}
    export AUTHX_APP={application["application_id"]} AUTHX_KEY={application["application_key"]}
    echo '{PASSWORD}' | python3 {DEMO.parent}/docs/examples/client.py alice CODE
"""


def by_vpn(world):
    # Their devices would be in the way of the next one.
    world.end_clients()
    text = "and connect, as root, to one of the servers as the user `alice`:\n"
    passwords = {
        "authx": f"password `{PASSWORD}`; then it asks for the code",
        "certificate": "the code as password: the certificate stands for the rest",
        "pam": f"password `{pam.PASSWORD}`; then it asks for the code",
    }
    enter = f"ip netns exec {world.network.clients}"
    for server in world.servers:
        text += (f"    {enter} openvpn --config {world.profile_of_alice(server)}\n"
                 f"        {passwords[server.first_factor]}\n"
                 f"        {enter} ping {server.address}\n")
    return text + f"""The logs of the agent and of OpenVPN:
    {world.directory}/*.log
"""
