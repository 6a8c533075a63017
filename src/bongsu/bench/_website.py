"""The component that is converged while things are killed: a web server of Debian's, with everything a role has.

Packages, a replaced conffile, a removed link, a directory and files of various owners, a drop-in and units of its own.
Two states, `a` and `b`, differ in every one of these; whoever asks the web server is told which one it serves.
"""

from __future__ import annotations

from typing import Any

NAME = "website"
PORT = 8090
PACKAGES = ("nginx-light",)
TICKER, FLAG = "faults-ticker.service", "faults-flag.service"
UNITS = ("nginx.service", TICKER, FLAG)
URLS = tuple(f"http://127.0.0.1:{PORT}/{page}" for page in ("state", "index.html"))
MARK = "/run/faults-flag"  # what the flag's unit leaves while it runs

_MAIN = """\
# {state}
user www-data;
worker_processes {workers};
pid /run/nginx.pid;
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    include /etc/nginx/conf.d/*.conf;
    include /etc/nginx/sites-enabled/*;
}}
"""
_SITE = """\
server {{
    listen {port};
    root /srv/faults;
    location = /state {{ default_type text/plain; return 200 "this is {state}"; }}
}}
"""
_TICKER = """\
[Service]
ExecStart=/bin/sleep {seconds}
[Install]
WantedBy=multi-user.target
"""
_FLAG = f"""\
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/touch {MARK}
ExecStop=/bin/rm {MARK}
[Install]
WantedBy=multi-user.target
"""


def component(state: str, *, healthy: bool = True) -> dict[str, Any]:
    """Return the component in state `a` or `b`; one that is not `healthy` asks for an answer that nobody gives."""
    second = state == "b"
    drop_in = "/etc/systemd/system/nginx.service.d"
    files: list[dict[str, Any]] = [
        {"dest": "/srv/faults", "state": "directory", "mode": "0750" if second else "0755", "group": "www-data"},
        {
            "dest": "/srv/faults/index.html",
            "content": f"<p>{state}</p>\n",
            "mode": "0640" if second else "0644",
            "group": "www-data" if second else "root",
            "on_change": "none",
        },
        {
            "dest": "/etc/nginx/nginx.conf",
            "content": _MAIN.format(state=state, workers=2 if second else 1, connections=96 if second else 64),
        },
        {"dest": "/etc/nginx/conf.d/faults.conf", "content": _SITE.format(port=PORT, state=state)},
        {"dest": "/etc/nginx/sites-enabled/default", "state": "absent"},
        {
            "dest": f"/etc/systemd/system/{TICKER}",
            "content": _TICKER.format(seconds=1_000_002 if second else 1_000_001),
            "on_change": "restart",
            "units": [TICKER],
        },
        {"dest": f"/etc/systemd/system/{FLAG}", "content": _FLAG, "on_change": "restart", "units": [FLAG]},
        {"dest": drop_in, "state": "directory"},
    ]
    if second:
        files += [
            {
                "dest": f"{drop_in}/faults.conf",
                "content": "[Service]\nEnvironment=FAULTS=b\n",
                "on_change": "restart",
                "units": ["nginx.service"],
            },
            {"dest": "/srv/faults/only-b", "content": "b\n", "owner": "www-data", "mode": "0600", "on_change": "none"},
        ]
    return {
        "name": NAME,
        "packages": list(PACKAGES),
        "files": files,
        "validate": [["nginx", "-t"]],
        "units": [
            {"name": "nginx.service"},
            {"name": TICKER},
            {"name": FLAG, "enabled": second, "state": "started" if second else "stopped"},
        ],
        "health": [
            {"unit": {"name": TICKER}},
            {"http": {"url": URLS[0], "contains": f"this is {state}" if healthy else "nothing that is there"}},
        ],
        "deadline": 15 if healthy else 1,
    }


def absent() -> dict[str, Any]:
    """Return the component as one that is to go."""
    return {"name": NAME, "state": "absent"}
