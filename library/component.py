#!/usr/bin/python
"""Converge packages, files, units and health probes as one thing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: component
short_description: Converge packages, files, units and health probes as one thing
description:
  - Makes one component of a host true in a single round trip when nothing has changed.
  - New files are staged beside their targets and validated there, then swapped in by atomic renames; units are
    reloaded or restarted only after the component's own validation, and probed before the run is committed.
  - On any failure every path and unit is put back as it was, and the task fails with the failing command's own words.
  - A unit is also acted on when it runs with older files than those on the disk, whoever left it so.
  - Where one of the files is a document of security controls (C(/etc/bongsu/controls/ROLE.json)) and one of them is not
    in effect on the host, the units that read the component's files are acted on although no file differs. Nothing is
    committed before all are in effect, within O(deadline).
  - What an earlier run placed, made absent or changed and that is no longer listed (a path, a unit) is given back as it
    was before.
  - What was placed is recorded in C(/var/lib/bongsu/components/<name>.json).
author: The bongsu authors
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
options:
  name:
    description: The component's name, unique on a host.
    type: str
    required: true
  state:
    description:
      - V(absent) takes the component away as its manifest says; every other option is then left out.
      - Files and units are given back as they were before, and the packages that came with the component are purged,
        unless something else needs them.
    type: str
    choices: [present, absent]
    default: present
  packages:
    description:
      - Debian packages to have, as V(NAME) or pinned as V(NAME=VERSION). A pinned one is held at that version.
      - Missing ones are installed by apt-get, with their services not yet started. An installation that would remove
        another package than O(replaces) is refused.
    type: list
    elements: str
    default: []
  replaces:
    description:
      - Installed packages that apt may remove for O(packages), since both cannot be installed. They are given back when
        the component goes, or the run fails.
      - A service of theirs runs on; have a unit of the component conflict with it.
    type: list
    elements: str
    default: []
  upgrade:
    description:
      - Bring O(packages) that are not pinned to the newest version that apt has.
      - Where the component is then not healthy, the version before is installed again, if apt still has it.
    type: bool
    default: false
  files:
    description: Paths, in the order in which they are made. A directory comes before what lies in it.
    type: list
    elements: dict
    default: []
    suboptions:
      dest: {type: str, required: true, description: "Absolute path on the host."}
      src: {type: str, description: "A template of the role; O(files[].src) or O(files[].content) makes a file."}
      content: {type: str, description: "The file's whole content."}
      edit:
        description:
          - What is wanted of a file that is not the component's own; all else in it and its owner stay, and its mode
            unless O(files[].mode) is given. One of C(settings), C(pam) and C(pam_saved), as
            C(module_utils/bongsu/edits) says; or C(nothing), where only the mode is wanted of a file that may not be
            there.
          - Where something takes it out, that is drift, and the next run puts it in again; what else changes in the
            file is none. It is undone in the file as that is then.
        type: dict
      state:
        description: V(absent) removes a file or link, never a directory.
        type: str
        choices: [file, directory, absent]
        default: file
      owner: {type: str, default: root, description: "User by name or number."}
      group: {type: str, default: root, description: "Group by name or number."}
      mode: {type: str, description: "Octal mode. The default is C(0644) for a file and C(0755) for a directory."}
      validate:
        description: A command, as a list, run on the staged file; C(%s) stands for its path.
        type: list
        elements: str
      on_change:
        description: What a change of this file asks of O(files[].units). A unit that cannot reload is restarted.
        type: str
        choices: [restart, reload, none]
        default: reload
      units: {type: list, elements: str, description: "Units of this component that read the file. The default is all."}
      secret: {type: bool, default: false, description: "Never show the content in a diff or an error."}
  validate:
    description: Commands, each a list, run on the real paths after the swap and before any unit is touched.
    type: list
    elements: list
    default: []
  secrets:
    description: Texts to mask in everything that is reported.
    type: list
    elements: str
    default: []
  units:
    description: systemd units of the component.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {type: str, required: true, description: "The unit's name with its type."}
      enabled: {type: bool, description: "Start at boot. The default is true unless masked."}
      state:
        description:
          - The default is started unless masked.
          - With V(as_found) the unit is another's. Whether it is there, enabled or running is left as it is; where it
            runs, it is acted on for the files that it reads.
        type: str
        choices: [started, stopped, as_found]
      masked: {type: bool, default: false, description: "Stopped, and kept from being started by anything."}
  health:
    description: Probes that must all pass at once within O(deadline) after a change. Each holds exactly one kind.
    type: list
    elements: dict
    default: []
    suboptions:
      unit:
        description: The unit is active.
        type: dict
        suboptions:
          name: {type: str, required: true, description: "The unit's name."}
      tcp:
        description: A connection is accepted.
        type: dict
        suboptions:
          port: {type: int, required: true, description: "Port."}
          host: {type: str, default: 127.0.0.1, description: "Name or address."}
      http:
        description: A GET request is answered as expected.
        type: dict
        suboptions:
          url: {type: str, required: true, description: "An http or https URL."}
          status: {type: int, default: 200, description: "The status expected."}
          contains: {type: str, description: "A text that the answer must contain."}
          ca: {type: str, description: "The CA's certificate file for https."}
          cert: {type: str, description: "A client certificate file."}
          key: {type: str, description: "The client certificate's key file."}
          server_name: {type: str, description: "The name that the server's certificate must carry."}
          username: {type: str, description: "User for basic authentication."}
          password: {type: str, description: "Password for basic authentication."}
      command:
        description: A command ends with status 0.
        type: dict
        suboptions:
          argv: {type: list, elements: str, required: true, description: "The command as a list."}
      file:
        description: A file exists, and is not too old.
        type: dict
        suboptions:
          path: {type: str, required: true, description: "Path of the file."}
          max_age: {type: float, description: "Greatest age in seconds."}
  deadline:
    description: Seconds within which the health probes must pass.
    type: float
    default: 30
  confirm_within:
    description:
      - For what may lock the operator out. After the change the host waits for so many seconds (5 or more) for the
        controller to log in anew and confirm, and else puts everything back by itself. So it does where the component
        is taken away; its packages go once that is confirmed.
    type: float
  state_directory:
    description: Where manifests and journals are kept on the host.
    type: str
    default: /var/lib/bongsu
  place_on:
    description:
      - Hosts on which the component is to be, in place of the task's own. Nobody is asked by this task; the run's next
        task M(components) on each of them places it there, together with what other hosts want there.
    type: list
    elements: str
  owner:
    description: Inventory name of the host whose run this is. The action fills it in.
    type: str
  run:
    description: The run that asks, so that two do not change a host at once. The action fills it in.
    type: dict
  confirm:
    description: The token of a change that waits to be confirmed. The action fills it in.
    type: str
  take_back:
    description: Undo what waits to be confirmed, now, unless C(confirm) has confirmed it. The action fills it in.
    type: bool
    default: false
  tell_others:
    description: Tell which other components nothing is to be done for. The action fills it in.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Converge the web server
  component:
    name: web
    packages: [nginx-light]
    files:
      - dest: /etc/nginx/conf.d/site.conf
        src: site.conf.j2
    validate:
      - [nginx, -t]
    units:
      - name: nginx.service
    health:
      - http: {url: http://127.0.0.1/}
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order.
  type: list
  elements: str
  returned: success
missing_packages:
  description: Packages that would be installed (check mode).
  type: list
  elements: str
  returned: success
component:
  description: The component's name.
  type: str
  returned: always
controls:
  description: Security controls that the component brings along and that were not in effect on the host before.
  type: list
  elements: str
  returned: where it is not taken away
round_trips:
  description: How many times the host was asked.
  type: int
  returned: always
"""

from ansible.module_utils.bongsu.module import run


def main() -> None:
    """Run the module."""
    run("component")


if __name__ == "__main__":
    main()
