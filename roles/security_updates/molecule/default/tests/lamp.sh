#!/bin/sh
# Makes packages and two archives of them, one that says of itself that it is for security. On a host:
#   sh -s build          every version there is, and both archives as the host's only ones
#   sh -s publish 2.0    this version is what the archives have now
#   sh -s restore        the host's own archives again, and nothing of these packages
set -eu
home=/srv/lamp

build() {
	mkdir -p "$home/security" "$home/other" "$home/sources"
	mv /etc/apt/sources.list /etc/apt/sources.list.d "$home/sources" 2>/dev/null || true
	mkdir -p /etc/apt/sources.list.d
	# What was fetched of the host's own archives stays until they are back.
	echo 'APT::Get::List-Cleanup "false"; Acquire::Retries "0";' >/etc/apt/apt.conf.d/00-lamp
	for archive in security other; do
		echo "deb [trusted=yes] file:$home/$archive ./" >>/etc/apt/sources.list.d/lamp.list
	done
	for version in 1.0 1.5 2.0 2.5; do
		for library in liblamp libshade; do
			install -D -m 0644 /usr/lib/*/libz.so.1 "$home/tree/usr/lib/lamp/$library.so" # any real library will do
			install -D -m 0644 /dev/stdin "$home/tree/etc/lamp/$library.conf" <<-END
				of $version
			END
			install -D -m 0644 /dev/stdin "$home/tree/DEBIAN/conffiles" <<-END
				/etc/lamp/$library.conf
			END
			package security "$library" "$version"
		done
		package security wick "$version"
		package other oil "$version"
	done
	for unit in lamp lamp-data; do
		install -D -m 0644 /dev/stdin "$home/tree/lib/systemd/system/$unit.service" <<-END
			[Service]
			ExecStart=/usr/bin/python3 -c "import ctypes, time; \\
			  used = [ctypes.CDLL('/usr/lib/lamp/' + name) for name in ('liblamp.so', 'libshade.so')]; time.sleep(9999)"
		END
	done
	package other lamp 1.0
}

# package ARCHIVE NAME VERSION: of what is in the tree.
package() {
	install -D -m 0644 /dev/stdin "$home/tree/DEBIAN/control" <<-END
		Package: $2
		Version: $3
		Architecture: all
		Maintainer: Nobody <nobody@example.org>
		Description: part of a lamp
	END
	dpkg-deb --root-owner-group --build "$home/tree" "$home/$1/$2_$3_all.deb"
	rm -r "$home/tree"
}

publish() {
	archive security Debian-Security "$1"
	archive other Lamps "$1"
	apt-get --quiet update
}

archive() {
	cd "$home/$1"
	for deb in *_"$3"_all.deb; do
		[ -e "$deb" ] || continue
		dpkg-deb --field "$deb"
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat --format=%s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
	done >Packages
	cat >Release <<-END
		Origin: Lamp
		Label: $2
		Suite: lamps
		Version: $3
		Codename: lamp
		SHA256:
		 $(sha256sum Packages | cut -d ' ' -f 1) $(stat --format=%s Packages) Packages
	END
}

restore() {
	apt-mark unhold wick
	apt-get --quiet --yes purge lamp liblamp libshade wick oil
	rm -rf /etc/apt/sources.list.d /etc/apt/apt.conf.d/00-lamp /var/lib/apt/lists/*lamp*
	mv "$home"/sources/* /etc/apt/
	rm -rf "$home"
}

"$@"
