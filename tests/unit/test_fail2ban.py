"""fail2ban is asked over a real socket; nothing that its answers name is loaded, and a no is told from a silence."""

import pickle
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from ansible.module_utils.bongsu.controls import Unknown
from ansible.module_utils.bongsu.effective import fail2ban as effective
from ansible.module_utils.bongsu.errors import BongsuError
from ansible.module_utils.bongsu.fail2ban import RefusedError, Server

END = b"<F2B_END_COMMAND>"


@contextmanager
def serving(path, answers):
    """Answer one client as fail2ban does, from a mapping of questions."""

    def serve():
        connection, _ = listener.accept()
        with connection:
            received = b""
            while True:
                received += connection.recv(4096)
                if not received.endswith(END):
                    continue
                question = received.removesuffix(END)
                if question == b"<F2B_CLOSE_COMMAND>":
                    return
                answer = answers[" ".join(pickle.loads(question))]  # noqa: S301  # the test's own question
                packed = answer if isinstance(answer, bytes) else pickle.dumps(answer)
                connection.sendall(packed[:5])  # in two parts, as a long one comes
                time.sleep(0.01)
                connection.sendall(packed[5:] + END)
                received = b""

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield str(path)
        thread.join(5)


def test_several_questions_over_one_connection(tmp_path):
    answers = {"status": (0, [("Number of jail", 2), ("Jail list", "mail, sshd")]), "get sshd bantime": (0, 600)}
    with serving(tmp_path / "s", answers) as path, Server(path) as server:
        assert server.jails() == ["mail", "sshd"]
        assert server.ask("get", "sshd", "bantime") == 600


def test_no_jail_at_all(tmp_path):
    answers = {"status": (0, [("Number of jail", 0), ("Jail list", "")])}
    with serving(tmp_path / "s", answers) as path, Server(path) as server:
        assert server.jails() == []


def test_a_refusal_is_told_and_what_it_names_is_not_loaded(tmp_path):
    harmful = b"(I1\ncos\nmkdir\n(V" + str(tmp_path / "harm").encode() + b"\ntRt."  # (1, os.mkdir(…))
    answers = {"get none bantime": (1, KeyError("none")), "harm": harmful}
    with serving(tmp_path / "s", answers) as path, Server(path) as server:
        with pytest.raises(RefusedError, match="refuses 'get none bantime': none"):
            server.ask("get", "none", "bantime")
        with pytest.raises(RefusedError, match="harm"):
            server.ask("harm")
    assert not (tmp_path / "harm").exists()


def test_a_server_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BongsuError, match="fail2ban does not answer"):
        Server(str(tmp_path / "none"))


def test_a_server_that_talks_nonsense_is_told(tmp_path):
    nonsense = serving(tmp_path / "s", {"status": b"nonsense"})
    complaint = pytest.raises(BongsuError, match="does not answer 'status'")
    with nonsense as path, Server(path) as server, complaint:
        server.jails()


MATCH = [["_SYSTEMD_UNIT=ssh.service", "_UID=0"], ["_COMM=x"]]
ANSWERS = {
    "status": (0, [("Number of jail", 1), ("Jail list", "sshd")]),
    "get sshd maxretry": (0, 5),
    "get sshd bantime.increment": (0, True),
    "get sshd bantime.maxtime": (0, None),
    "get sshd journalmatch": (0, MATCH),
    "get sshd ignoreip": (0, ["127.0.0.0/8", "::1"]),
    "get sshd action nftables chain_hook": (0, "prerouting"),
    "get sshd failregex": (0, ["^Did not receive identification string", "^Unable to negotiate with"]),
    "get dbpurgeage": (0, 700),
    "get sshd bogus": (1, Exception("no")),
}


def test_settings_are_asked_for_by_jail(tmp_path, monkeypatch):
    names = (
        *("sshd.maxretry", "sshd.bantime.increment", "sshd.bantime.maxtime", "sshd.journalmatch", "sshd.ignoreip"),
        *("sshd.action.chain_hook", "sshd.mode", "dbpurgeage", "sshd.bogus", "mail.maxretry"),
    )
    with serving(tmp_path / "s", ANSWERS) as path:
        monkeypatch.setattr(effective, "Server", lambda: Server(path))
        found = effective.look(names)
    assert found == {
        "sshd.maxretry": ["5"],
        "sshd.bantime.increment": ["true"],
        "sshd.bantime.maxtime": [],
        "sshd.journalmatch": ["_SYSTEMD_UNIT=ssh.service", "_UID=0", "+", "_COMM=x"],
        "sshd.ignoreip": ["127.0.0.0/8", "::1"],
        "sshd.action.chain_hook": ["prerouting"],
        "sshd.mode": ["aggressive"],
        "dbpurgeage": ["700"],
        "sshd.bogus": Unknown("fail2ban refuses 'get sshd bogus': no"),
        "mail.maxretry": Unknown("the jail mail does not run"),
    }


@pytest.mark.parametrize("unenforced", [{}, {"sshd": "the kernel has no rule"}])
def test_whether_the_kernel_carries_bans_out_is_a_setting(tmp_path, monkeypatch, unenforced):
    monkeypatch.setattr(effective.bans_host, "look", lambda: ([], unenforced))
    with serving(tmp_path / "s", ANSWERS) as path:
        monkeypatch.setattr(effective, "Server", lambda: Server(path))
        found = effective.look(["sshd.enforced"])
    assert found["sshd.enforced"] == (Unknown("the kernel has no rule") if unenforced else ["yes"])


def test_the_mode_is_told_by_its_patterns():
    assert effective.mode(["^Failed"]) == "normal"
    assert effective.mode(["^Did not receive identification string from"]) == "ddos"
    assert effective.mode(["^Unable to negotiate with"]) == "extra"
