"""The judge of the strangers benchmark, against real TLS servers: it must see an open door as open."""

import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bongsu import pki
from bongsu.bench import stranger_client, strangers


@pytest.fixture(scope="module")
def authority():
    return pki.new_ca("ours")


@pytest.fixture
def certify(authority, tmp_path):
    def certify(name, *, client_auth=False):
        key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        csr = request.public_bytes(serialization.Encoding.PEM).decode()
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (tmp_path / f"{name}.crt").write_text(pki.sign(csr, *authority, names=[name], client_auth=client_auth))
        (tmp_path / f"{name}.key").write_bytes(private)
        return {"cert": str(tmp_path / f"{name}.crt"), "key": str(tmp_path / f"{name}.key")}

    return certify


@pytest.fixture
def door(certify, authority, tmp_path, monkeypatch):
    """Return a function that opens a port which answers a request with a line; `locked` asks for a certificate."""
    monkeypatch.setattr(stranger_client, "TIMEOUT", 0.5)
    monkeypatch.setattr(stranger_client, "ALERT_WAIT", 0.2)
    listeners = []

    def open_door(*, locked, answer):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certify("server").values())
        if locked:
            (tmp_path / "ca.crt").write_text(authority[0])
            context.load_verify_locations(tmp_path / "ca.crt")
            context.verify_mode = ssl.CERT_REQUIRED
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve():
            try:
                raw, _ = listener.accept()
                with context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(100)
                    if answer:
                        connection.sendall(answer)
                        connection.recv(100)
                    else:
                        threading.Event().wait(1)
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    yield open_door
    for listener in listeners:
        listener.close()


def knock(port, client=None, *, plain=False):
    return stranger_client.knock("127.0.0.1", port, client, plain=plain)


OK = b"HTTP/1.0 200 OK\r\n\r\n"


def test_an_open_door_is_seen(door):
    assert knock(door(locked=False, answer=OK)) == "let in: HTTP/1.0 200 OK"


def test_a_door_that_only_listens_is_open_as_well(door):
    assert knock(door(locked=False, answer=b"")) == "let in: the handshake stands"


def test_a_password_asked_for_is_a_refusal(door):
    port = door(locked=False, answer=b"HTTP/1.0 401 Unauthorized\r\n\r\n")
    assert knock(port) == "refused: HTTP/1.0 401 Unauthorized"


@pytest.mark.parametrize("who", ["nobody", "stranger", "server"])
def test_a_locked_door_refuses(door, certify, tmp_path, who):
    clients = {
        "nobody": lambda: None,
        "stranger": lambda: stranger_client.files(strangers.stranger(), tmp_path, "stranger"),
        "server": lambda: certify("web1"),
    }
    assert knock(door(locked=True, answer=OK), clients[who]()).startswith("refused: ")


def test_a_locked_door_opens_to_a_monitor(door, certify):
    assert knock(door(locked=True, answer=OK), certify("monitor1", client_auth=True)) == "let in: HTTP/1.0 200 OK"


def test_a_client_without_tls_is_refused(door):
    assert knock(door(locked=True, answer=OK), plain=True).startswith("refused: ")


def test_a_closed_port_is_a_refusal():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert knock(port) == "refused: Connection refused"
