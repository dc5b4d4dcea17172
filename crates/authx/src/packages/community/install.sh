#!/bin/sh
# Installs AuthX on a host that runs OpenVPN: what README.txt beside it says.
#
#     sudo sh install.sh --server-conf FILE [--management] [--yes] [--restart]
#
# --restart restarts that OpenVPN at the end, which cuts its tunnels.
# Everything else that stands on the command line goes to `authx-openvpn setup`.
set -eu

cd "$(dirname "$0")"
etc=/etc/authx-openvpn

say() { printf '%s\n' "$*"; }
stop() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

yes= server= restart= next=
for argument; do
  shift
  if [ -n "$next" ]; then server=$argument next=; fi
  case $argument in
    --yes) yes=1; continue ;;
    --restart) restart=1; continue ;;
    --help | -h) sed -n '2,7s/^# \{0,1\}//p' install.sh; exit 0 ;;
    --write | --undo) stop "$argument is for authx-openvpn setup itself" ;;
    --server-conf) next=1 ;;
    --server-conf=*) server=${argument#*=} ;;
  esac
  set -- "$@" "$argument"
done
[ -n "$server" ] || stop "which OpenVPN server? Add --server-conf /etc/openvpn/server/NAME.conf"
case $server in /*) ;; *) stop "$server: name the file from the root, as in /etc/openvpn/server/NAME.conf" ;; esac
[ -f "$server" ] || stop "there is no file $server; nothing was changed"
# As Debian's OpenVPN calls its services.
case $server in
  /etc/openvpn/server/*.conf) unit=openvpn-server@$(basename "$server" .conf).service ;;
  /etc/openvpn/*/*) unit= ;;
  /etc/openvpn/*.conf) unit=openvpn@$(basename "$server" .conf).service ;;
  *) unit= ;;
esac
if [ -n "$restart" ] && [ -z "$unit" ]; then
  stop "no service of Debian's belongs to $server: leave out --restart, and restart it as you do; nothing was changed"
fi
[ "$(id -u)" = 0 ] || stop "root is needed: sudo sh install.sh …"
command -v dpkg >/dev/null || stop "this is no Debian or Ubuntu; nothing was changed"

sha256sum --quiet --strict --check SHA256SUMS || stop "this package is damaged; download it again"

# The newest for this machine.
architecture=$(dpkg --print-architecture)
deb=
for file in authx-openvpn_*_"$architecture".deb; do
  [ -e "$file" ] || continue
  if [ -z "$deb" ] || dpkg --compare-versions "${file#*_}" gt "${deb#*_}"; then deb=$file; fi
done
[ -n "$deb" ] || stop "there is no agent for $architecture in this package; nothing was changed"

# The key is asked for before anything is changed.
key=
if [ -e application.key ]; then
  key=$(cat application.key)
elif [ ! -e "$etc/application.key" ]; then
  [ -t 0 ] || stop "the Application Key is missing: put it into $(pwd)/application.key"
  printf 'Application Key (axk_…, it is not shown): '
  stty -echo
  trap 'stty echo' EXIT INT TERM
  IFS= read -r key
  stty echo
  trap - EXIT INT TERM
  say
fi
case $key in
  axk_* | '') ;;
  *) stop "an Application Key begins with axk_; nothing was changed" ;;
esac

say "Installing $deb"
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
  -o Dpkg::Options::=--force-confold "./$deb" >/dev/null || stop "$deb could not be installed"

# An agent.toml that somebody wrote stays, unless it is another application's.
wanted=$(sed -n 's/^application_id = "\(.*\)"$/\1/p' agent.toml)
if grep -qsF "$wanted" "$etc/agent.toml"; then
  say "$etc/agent.toml names this application already and stays"
else
  if grep -qs '^application_id' "$etc/agent.toml"; then
    saved=$etc/agent.toml.before-$(date +%Y%m%d%H%M%S)
    cp -p "$etc/agent.toml" "$saved"
    say "$etc/agent.toml was another application's; it is kept as $saved"
  fi
  install -m 0644 agent.toml "$etc/agent.toml"
fi
if [ -n "$key" ]; then
  (umask 077 && printf '%s\n' "$key" >"$etc/application.key.new")
  chown authx-openvpn: "$etc/application.key.new"
  mv -f "$etc/application.key.new" "$etc/application.key"
fi
authx-openvpn config check
if [ -d /run/systemd/system ]; then
  systemctl start authx-openvpn.socket
  systemctl restart authx-openvpn.service
fi

say
authx-openvpn setup "$@"
if [ -z "$yes" ]; then
  [ -t 0 ] || stop "nothing was changed in OpenVPN's configuration; to change it, add --yes"
  printf '\nChange it? [y/N] '
  read -r answer
  case $answer in
    y | Y | yes) ;;
    *) stop "OpenVPN's configuration was not changed; run this again when it may be" ;;
  esac
fi
authx-openvpn setup "$@" --write
say
if [ -z "$restart" ]; then
  say "Restart OpenVPN when its tunnels may be cut${unit:+: sudo systemctl restart $unit}"
else
  systemctl restart "$unit" || stop "$unit did not start: journalctl -u $unit says why. To take the change back:
    sudo authx-openvpn setup --server-conf $server --undo"
  say "$unit was restarted."
fi
say "Then: sudo authx-openvpn doctor --login NAME"
