"""Users of a host, and the ways in which they come in: over SSH with a key, by sudo and su with a password."""

import json
import subprocess
from pathlib import Path

from lab_side import ADDRESSES, STATE, play

CONVERGE = Path(__file__).parents[1] / "converge.yml"
TOOL = "python3 -I /usr/lib/bongsu/bongsu"
PASSWORD = "chestnut-River 41 lantern"  # noqa: S105  # of users who live as long as a test
_ADD = """
useradd --create-home --shell /bin/bash --groups sudo alice && useradd --create-home --shell /bin/bash bob
useradd --create-home --shell /bin/bash --password '*' deploy
printf 'alice:{password}\\nbob:{password}\\n' | chpasswd
printf 'deploy ALL=(ALL:ALL) NOPASSWD: ALL\nDefaults:alice passwd_tries=1\n' > /etc/sudoers.d/deploy
chmod 0440 /etc/sudoers.d/deploy
for user in alice bob deploy; do
    install -d -m 0700 -o $user /home/$user/.ssh && echo '{key}' > /home/$user/.ssh/authorized_keys
done
"""
_REMOVE = """
for user in alice bob deploy; do
    pkill -9 -u $user; crontab -r -u $user; faillock --user $user --reset; userdel --remove $user
done
rm -f /etc/sudoers.d/deploy; sed -i '/^\\(alice\\|bob\\):/d' /etc/security/opasswd
"""
# What tests change of them: failures, passwords, and alice's home.
_RESTORE = """
for user in alice bob deploy; do faillock --user $user --reset; done
sed -i '/^\\(alice\\|bob\\):/d' /etc/security/opasswd; chmod 0700 /home/alice
usermod --password '{alice}' alice; usermod --password '{bob}' bob
"""


def move_in(host):
    key = STATE.operator_key.with_suffix(".pub").read_text().strip()
    host.run_expect([0], _ADD.format(password=PASSWORD, key=key))
    return {user: host.check_output(f"getent shadow {user} | cut -d: -f2") for user in ("alice", "bob")}


def restore(host, hashes):
    host.run_expect([0], _RESTORE.format(**hashes))


def move_out(host):
    host.run(_REMOVE)


def login(name, user, command="true"):
    """Log in from this machine with the operator's key, over a connection of its own."""
    options = [f"-o{option}" for option in ("BatchMode=yes", "ConnectTimeout=5", "ControlPath=none", "LogLevel=ERROR")]
    trust = [f"-oUserKnownHostsFile={STATE.known_hosts}", f"-i{STATE.operator_key}", "-oIdentitiesOnly=yes"]
    ssh = ["ssh", "-F", "none", *options, *trust, f"{user}@{ADDRESSES[name]}", command]
    return subprocess.run(ssh, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def sudo(host, password=PASSWORD, command="true", user="alice"):
    """Tell whether sudo lets a user run a command, asking for the password anew."""
    return host.run(f"printf '%s\\n' '{password}' | runuser -u {user} -- sudo -S -k -p '' {command}").rc == 0


def su(host, user, password=PASSWORD):
    """Tell whether one user becomes bob or alice, whoever it is not."""
    other = "alice" if user == "bob" else "bob"
    return host.run(f"printf '%s\\n' '{password}' | runuser -u {user} -- su {other} -c true").rc == 0


def passwd(host, old, new):
    """Have alice choose a new password."""
    return host.run(f"printf '%s\\n' '{old}' '{new}' '{new}' | runuser -u alice -- passwd")


def lock(host):
    """Give the wrong password as often as locks an account, all at once, as each is answered late: also by su."""
    wrong = "(echo wrong | runuser -u {} -- {}) & "
    tries = wrong.format("alice", "sudo -S -k -p '' true") * 4 + wrong.format("bob", "su alice -c true")
    host.run(f"{tries} wait")


def converge(name, **variables):
    return play(CONVERGE, "--limit", name, "--extra-vars", json.dumps(variables))


def done(name, *, changed, **variables):
    """Converge, and expect as much to change as is told."""
    run = converge(name, **variables)
    assert run.returncode == 0, run.stdout
    assert f"changed={changed}" in run.stdout, run.stdout
