#!/bin/sh
# Makes a Debian package `beacon`, a daemon that tells its version, and a repository of some of its versions. On a host:
#   sh -s build            every version there is, and the repository as the host's only one
#   sh -s publish 1.0 2.0  these versions are what the repository has now
set -eu
home=/srv/beacon

build() {
	rm -rf "$home" /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*_*
	mkdir -p "$home"
	echo "deb [trusted=yes] file:$home ./" >/etc/apt/sources.list.d/beacon.list
	for version in 1.0 2.0; do
		daemon "$version" 200 "beacon-oil (= $version)" 'exit 0'
		package beacon-oil "$version" ''
	done
	package beacon-oil 3.0 ''
	package beacon-wick 3.0 ''
	daemon 3.0 503 'beacon-oil (= 3.0), beacon-wick' 'exit 0' # starts, and does not do its work
	daemon 4.0 200 'beacon-oil (= 2.0)' 'echo the postinst of 4.0 gave up >&2; exit 1'
}

# daemon VERSION STATUS DEPENDS END-OF-POSTINST: the maintainer's scripts do what debhelper's do.
daemon() {
	tree=$home/tree
	install -D /dev/stdin "$tree/usr/lib/beacon/beacon" <<-END
		#!/usr/bin/python3 -I
		import http.server
		class Answer(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        self.send_response($2)
		        self.end_headers()
		        self.wfile.write(b"beacon $1")
		http.server.HTTPServer(("127.0.0.1", 8765), Answer).serve_forever()
	END
	install -D -m 0644 /dev/stdin "$tree/lib/systemd/system/beacon.service" <<-END
		[Service]
		EnvironmentFile=-/etc/beacon.conf
		ExecStart=/usr/lib/beacon/beacon
		[Install]
		WantedBy=multi-user.target
	END
	install -D -m 0644 /dev/stdin "$tree/etc/beacon.conf" <<-END
		OIL=of-$1
	END
	install -D -m 0644 /dev/stdin "$tree/DEBIAN/conffiles" <<-END
		/etc/beacon.conf
	END
	install -D /dev/stdin "$tree/DEBIAN/postinst" <<-END
		#!/bin/sh
		set -e
		if [ "\$1" = configure ]; then
		    deb-systemd-helper unmask beacon.service >/dev/null
		    if deb-systemd-helper --quiet was-enabled beacon.service; then
		        deb-systemd-helper enable beacon.service >/dev/null
		    fi
		    systemctl --system daemon-reload
		    if [ -n "\$2" ]; then deb-systemd-invoke restart beacon.service; else deb-systemd-invoke start beacon.service; fi
		fi
		$4
	END
	install -D /dev/stdin "$tree/DEBIAN/prerm" <<-END
		#!/bin/sh
		set -e
		if [ "\$1" = remove ]; then deb-systemd-invoke stop beacon.service; fi
	END
	install -D /dev/stdin "$tree/DEBIAN/postrm" <<-END
		#!/bin/sh
		set -e
		if [ "\$1" = purge ]; then deb-systemd-helper purge beacon.service >/dev/null; fi
		systemctl --system daemon-reload
	END
	package beacon "$1" "$3"
}

# package NAME VERSION DEPENDS: of what is in the tree.
package() {
	tree=$home/tree
	install -D -m 0644 /dev/stdin "$tree/DEBIAN/control" <<-END
		Package: $1
		Version: $2
		Architecture: all
		Maintainer: Nobody <nobody@example.org>
		${3:+Depends: $3
		}Description: a beacon that is lit every evening
	END
	(cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | xargs --no-run-if-empty md5sum) >"$home/md5sums"
	mv "$home/md5sums" "$tree/DEBIAN/"
	dpkg-deb --root-owner-group --build "$tree" "$home/$1_$2_all.deb"
	rm -r "$tree"
}

publish() {
	for version in "$@"; do
		for deb in "$home"/*_"$version"_all.deb; do
			dpkg-deb --field "$deb"
			echo "Filename: ./${deb##*/}"
			echo "Size: $(stat --format=%s "$deb")"
			echo "SHA256: $(sha256sum "$deb" | cut -d ' ' -f 1)"
			echo
		done
	done >"$home/Packages"
	apt-get --quiet update
}

"$@"
