"""The agent on the VPN host, as a process."""

import json

from process import Program


class Agent(Program):
    """`authx-openvpn run`, for all OpenVPN servers of the demo."""

    def __init__(self, built, directory, authx, application, pam_service):
        self.plugin = built / "libauthx_openvpn_plugin.so"
        self.socket = directory / "run/agent.sock"
        self.config = directory / "agent.toml"
        key = directory / "application.key"
        key.write_text(application["application_key"] + "\n")
        key.chmod(0o600)
        (directory / "state").mkdir()
        self.config.write_text(f"""[authx]
application_id = "{application["application_id"]}"
application_key_file = "{key}"
application_url = "{application["application_url"]}"
certificate_authority = "{authx.certificate}"

[agent]
socket = "{self.socket}"
state_dir = "{directory / "state"}"

[log]
format = "json"

[pam]
service = "{pam_service}"
""")
        super().__init__([built / "authx-openvpn", "run", "--config", self.config],
                         directory / "agent.log")

    def serve(self, server):
        """Knows an OpenVPN server that is yet to be started."""
        lines = f"""
[server.{server.name}]
config = "{server.config}"
first_factor = "{server.first_factor}"
"""
        if server.management is not None:
            lines += f'management = "{server.management}"\n'
        with open(self.config, "a", encoding="utf-8") as file:
            file.write(lines)

    def start(self):
        mark = self.log.mark()
        super().start()
        self.says(mark, "AuthX is reached")

    def sign_in(self, mark):
        """What it logged of the first sign-in that was decided after the mark."""
        return json.loads(self.says(mark, is_decided))


def is_decided(line):
    """A question that ends the connection is logged as a sign-in too."""
    return '"sign-in"' in line and '"challenge"' not in line
