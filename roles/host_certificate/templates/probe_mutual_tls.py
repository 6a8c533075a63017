#!/usr/bin/python3
"""Tell whether a port speaks mutual TLS as it should. Managed by bongsu (role host_certificate).

probe-mutual-tls HOST PORT SERVER_NAME exits 0 when the server proves, against bongsu's CA, to be SERVER_NAME, and
then refuses this client, which shows no certificate. Only a client certificate of a monitor gets further.
"""

import socket
import ssl
import sys

CA = "/etc/bongsu/tls/ca.crt"
PATIENCE = 4.0  # seconds for one answer
# What a server says to a client without a certificate: TLS 1.3 has an alert for it; TLS 1.2 and older Go do not.
REFUSALS = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "HANDSHAKE_FAILURE")


def probe(host: str, port: int, server_name: str) -> str:
    """Return what is wrong, empty when nothing is."""
    context = ssl.create_default_context(cafile=CA)
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=server_name) as secured,
        ):
            # In TLS 1.3 the client is done before the server has judged it: the refusal comes with the first answer.
            secured.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = secured.recv(64)
    except ssl.SSLCertVerificationError as error:
        return f"the server does not prove to be {server_name}: {error.verify_message}"
    except ssl.SSLError as error:
        return "" if any(word in str(error).upper().replace(" ", "_") for word in REFUSALS) else f"TLS: {error}"
    except ConnectionResetError:
        # The refusal may be overtaken by the reset of the connection that our bytes meet.
        return ""
    except OSError as error:
        return f"no answer: {error}"
    return f"a client without a certificate was let in, and got {answer!r}"


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    complaint = probe(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    sys.exit(f"{sys.argv[1]}:{sys.argv[2]}: {complaint}" if complaint else 0)
