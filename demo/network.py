"""Two network namespaces joined by a wire: servers in one, clients in the other."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from process import PREFIX, left_behind, run

PLACE = Path("/run/netns")
# A network for tests of networks (RFC 2544): nobody has it at home.
SERVERS = "198.18.0.1"


class Network:
    """Removed by `remove`, with whatever runs in it."""

    def __init__(self):
        for left in left_behind(PLACE):
            remove(left.name)
        self.servers, self.clients = name("servers"), name("clients")

    def make(self):
        run(["ip", "-batch", "-"], f"""
            netns add {self.servers}
            netns add {self.clients}
            link add wire netns {self.servers} type veth peer name wire netns {self.clients}
        """)
        for side, address in ((self.servers, SERVERS), (self.clients, "198.18.0.2")):
            run(["ip", "-netns", side, "-batch", "-"], f"""
                link set lo up
                address add {address}/24 dev wire
                link set wire up
            """)

    def remove(self):
        for side in (self.servers, self.clients):
            remove(side)


def enter(side):
    """What to put before a command to run it there. It stays one process."""
    return ["nsenter", f"--net={PLACE / side}", "--"]


def missing(built):
    """Why there can be no VPN here, if so."""
    if os.geteuid() != 0:
        return f"only root can make network namespaces: sudo make demo AUTHX={built}"
    absent = [each for each in ("openvpn", "ip", "ping", "nsenter", "openssl")
              if shutil.which(each) is None]
    if absent:
        return f"{', '.join(absent)} is missing: scripts/setup build installs it"
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as error:
        return f"OpenVPN needs /dev/net/tun: {error.strerror}"
    probe = name("probe")
    made = ip("netns", "add", probe)
    remove(probe)
    return None if made.returncode == 0 else f"no network namespace can be made: {made.stderr}"


def name(side):
    return f"{PREFIX}{os.getpid()}-{side}"


def remove(side):
    for inside in ip("netns", "pids", side).stdout.split():
        try:
            os.kill(int(inside), signal.SIGKILL)
        except ProcessLookupError:
            continue
    ip("netns", "delete", side)


def ip(*arguments):
    return subprocess.run(["ip", *arguments], text=True, capture_output=True, check=False)
