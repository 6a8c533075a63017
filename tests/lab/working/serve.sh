#!/bin/sh
# Makes a host serve its peer ($1): nginx, PostgreSQL, Redis, a Python service, and a guest in a network of its own,
# reached and let out by the host's forwarding, as a container engine's guests are.
set -eu
peer=$1
mkdir -p /etc/systemd/system/redis-server.service.d # a machine's kernel may have no user namespaces for containers
printf '[Service]\nPrivateUsers=no\n' >/etc/systemd/system/redis-server.service.d/lab.conf
systemctl daemon-reload
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends nginx-light postgresql redis-server nftables >/dev/null
systemctl enable --quiet --now nginx

echo "listen_addresses = '*'" >/etc/postgresql/local.conf
for conf in /etc/postgresql/*/main; do
    echo "include '/etc/postgresql/local.conf'" >>"$conf/postgresql.conf"
    echo "host all all $peer/32 trust" >>"$conf/pg_hba.conf"
done
systemctl restart postgresql
cd / && su postgres -c "psql -qc 'CREATE TABLE seen (at timestamptz DEFAULT now()); GRANT ALL ON seen TO PUBLIC'"

sed -i 's/^bind .*/bind 0.0.0.0/; s/^protected-mode .*/protected-mode no/' /etc/redis/redis.conf
systemctl restart redis-server

# Answers with what it gets from the address it is given, and so shows the way in and the way out at once.
cat >/usr/local/bin/answer <<'PYTHON'
#!/usr/bin/python3
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        text = urlopen(sys.argv[2], timeout=3).read() if len(sys.argv) > 2 else b"here"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
PYTHON
chmod 0755 /usr/local/bin/answer

cat >/etc/systemd/system/app.service <<'UNIT'
[Service]
DynamicUser=yes
ExecStart=/usr/local/bin/answer 8000
[Install]
WantedBy=multi-user.target
UNIT
cat >/etc/systemd/system/guest.service <<UNIT
[Service]
PrivateNetwork=yes
ExecStart=/usr/local/bin/answer 80 http://$peer/
ExecStartPost=+/usr/local/bin/connect-guest
[Install]
WantedBy=multi-user.target
UNIT
cat >/usr/local/bin/connect-guest <<'SCRIPT'
#!/bin/sh
# Run in the guest's network; the host's is that of process 1.
set -eu
host() { nsenter --net=/proc/1/ns/net "$@"; }
ip link add inside type veth peer name guest0 netns 1
ip address add 10.200.0.2/24 dev inside
ip link set lo up
ip link set inside up
host ip address add 10.200.0.1/24 dev guest0
host ip link set guest0 up
ip route add default via 10.200.0.1
host sysctl -qw net.ipv4.ip_forward=1
host nft -f - <<'NFT'
table ip guest
delete table ip guest
table ip guest {
    chain in { type nat hook prerouting priority dstnat; tcp dport 8081 dnat to 10.200.0.2:80; }
    chain out { type nat hook postrouting priority srcnat; ip saddr 10.200.0.0/24 oifname != "guest0" masquerade; }
}
NFT
SCRIPT
chmod 0755 /usr/local/bin/connect-guest
systemctl daemon-reload
systemctl enable --quiet --now app.service guest.service
