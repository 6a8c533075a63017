#!/usr/bin/env python3
"""apt-get, apt-mark and dpkg for tests, on packages that live in one JSON file named by FAKE_APT.

``available`` gives each package's versions; a version may have depends (NAME or NAME=VERSION), conflicts, conffiles
(path: content), units, ``fails`` and ``postrm``, what its scripts say. ``archives`` has versions that only a file has,
and ``auto`` the packages that nobody asked for. It keeps a dpkg status file, and asks policy-rc.d before it starts a
unit. It is a program and a module: started often, it loads little.
"""

import json
import os
import shlex
import subprocess
import sys

Refusal = LookupError  # of apt: its exit status, and its words
DONE = ("installed", "config-files")
HELD = "E: Held packages were changed and -y was used without --allow-change-held-packages."
midway = lambda what: None  # noqa: E731  # a test that cuts off an installation hooks in here


def main(words):
    """Return the exit status and the text of one command."""
    program, *words = words
    if "--compare-versions" in words:
        return int(not key(words[1]) < key(words[3])), ""
    with open(os.environ["FAKE_APT"]) as stream:
        world = json.load(stream)
    world["log"].append(" ".join([program, *words]))
    options = [word for word in words if word.startswith("-")]
    names = [word for word in words if not word.startswith("-")]
    try:
        does = {"dpkg": dpkg, "apt-mark": mark, "apt-get": get}[program]
        answer = 0, does(world, options, names) or ""
    except Refusal as refusal:
        answer = refusal.args
    save(world)
    return answer


def dpkg(world, options, names):
    """Configure everything but what is torn, or drop that by force: nobody knows its files."""
    if "--remove" in options:
        assert "--force-remove-reinstreq" in options
        for name in names:
            midway(f"drops {name}")
            del world["installed"][name]
        return None
    return configure(world)


def get(world, options, names):
    verb, *names = names
    if verb == "update":
        return None
    lacking(world, names)
    simulate = "--simulate" in options
    halfway = any(one["state"] == "unpacked" for one in world["installed"].values())
    if not simulate and names and (halfway or world.get("interrupted")):
        raise Refusal(100, "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct it.")
    coming, going = (removal if verb in ("remove", "purge") else installation)(world, options, names)
    if simulate:
        word = "Purg" if verb == "purge" else "Remv"
        return "\n".join([*(f"{word} {name} [{version(world, name)}]" for name in going), *inst(world, coming)])
    if "--download-only" in options:
        return download(world, names)
    tell(world, options, coming, going)
    for name in going:
        if torn(world, name):
            raise Refusal(100, f"dpkg: error processing package {name}: it is in a very bad inconsistent state")
        remove(world, name)
    if verb == "purge":
        for name in {*going, *names} & set(world["installed"]):
            purge(world, name)
    for name, wanted in coming.items():
        if name in [word.partition("=")[0] for word in names]:
            world["auto"] = [one for one in world["auto"] if one != name]
        elif name not in world["installed"]:
            world["auto"].append(name)
        unpack(world, name, wanted)
    return configure(world)


def tell(world, options, coming, going):
    """Have the hook of the options know what comes and goes, in the third version of that protocol."""
    hook = [option.partition("::=")[2] for option in options if option.startswith("-oDPkg::Pre-Install-Pkgs::=")]
    if not hook or not (coming or going):
        return
    listed = [f"{name} {version(world, name) or '-'} - none < {coming[name]} all none /{name}.deb\n" for name in coming]
    listed += [f"{name} {version(world, name)} all none > - - none **REMOVE**\n" for name in going]
    listed += [
        f"{name} {version(world, name) or '-'} - none < {coming[name]} all none **CONFIGURE**\n" for name in coming
    ]
    midway("tells")
    done = subprocess.run(
        [sys.executable, *shlex.split(hook[0])[1:]],
        input="VERSION 3\nAPT::Architecture=amd64\n\n" + "".join(listed),
        text=True,
    )
    if done.returncode:
        raise Refusal(100, f"E: Failure running script {hook[0]}")
    midway("told")


def torn(world, name):
    """Tell whether dpkg was cut off while it unpacked a package."""
    return world["installed"].get(name, {}).get("torn", False)


def lacking(world, arguments):
    """Refuse all work, as apt does, while it has neither the version nor another of a torn package."""
    for name in filter(lambda name: torn(world, name), world["installed"]):
        by_path = any(os.path.basename(word).startswith(f"{name}_") for word in arguments if word.startswith("/"))
        if not by_path and not world["available"].get(name):
            raise Refusal(100, f"E: The package {name} needs to be reinstalled, but I can't find an archive for it.")


def download(world, names):
    """Keep files of packages by exact versions; a later installation may be of these."""
    for name, _, wanted in (one.partition("=") for one in names):
        world["archives"].setdefault(name, {})[wanted] = world["available"][name][wanted]
        with open(os.path.join(os.path.dirname(world["status"]), "archives", f"{name}_{wanted}_all.deb"), "w"):
            midway(f"fetched {name}")


def installation(world, options, names):
    """Decide as apt does what comes and what goes."""
    coming, going, todo = {}, [], list(names)
    if "--fix-broken" in options:  # of a torn package whose version is not to be had, another comes; else it stays so
        offers = {name: world["available"].get(name, {}) for name in world["installed"] if torn(world, name)}
        todo += [name for name, versions in offers.items() if versions and version(world, name) not in versions]
    while todo:
        asked = todo.pop(0)
        if asked.startswith("/"):
            name, wanted, _ = os.path.basename(asked).split("_")
            versions = world["archives"].get(name, {})
        else:
            name, _, wanted = asked.partition("=")
            versions = world["available"].get(name, {})
        if not versions:
            raise Refusal(100, f"Reading package lists...\nE: Unable to locate package {name}")
        if wanted and wanted not in versions:
            raise Refusal(100, f"E: Version '{wanted}' for '{name}' was not found")
        wanted, has = wanted or max(versions, key=key), version(world, name)
        again = "--reinstall" in options and "--download-only" not in options and asked in names
        if name in coming or (has == wanted and not again) or ("--only-upgrade" in options and not has):
            continue
        if has and name in world["held"] and "--allow-change-held-packages" not in options:
            if "=" in " ".join(names):
                raise Refusal(100, HELD)
            continue
        if has and key(wanted) < key(has) and "--allow-downgrades" not in options:
            raise Refusal(100, "E: Packages were downgraded and -y was used without --allow-downgrades.")
        coming[name] = wanted
        world["held"] = [one for one in world["held"] if one != name or "--simulate" in options]
        todo += [one for one in versions[wanted].get("depends", []) if needs(world, names, name, one)]
        going += [one for one in versions[wanted].get("conflicts", []) if version(world, one)]
    if going and "--no-remove" in options:
        raise Refusal(100, "E: Packages need to be removed but remove is disabled.")
    return coming, going


def needs(world, names, name, one):
    """Tell whether a package must come for another; apt takes the newest one alone, or what it was told to take."""
    need, _, exact = one.partition("=")
    if version(world, need) and version(world, need) == (exact or version(world, need)):
        return False
    if exact and exact != max(world["available"][need], key=key) and one not in names and "/" not in "".join(names):
        words = f" {name} : Depends: {need} (= {exact}) but another is to be installed"
        raise Refusal(100, f"{words}\nE: Unable to correct problems, you have held broken packages.")
    return True


def removal(world, options, names):
    going = [name for name in names if version(world, name)]
    for name in going:  # it grows: what needs one that goes, goes as well
        left = [other for other in world["installed"] if other not in going and version(world, other)]
        going += [
            other
            for other in left
            if name in [need.partition("=")[0] for need in about(world, other).get("depends", [])]
        ]
    if {*going} & {*world["held"]} and "--allow-change-held-packages" not in options:
        raise Refusal(100, HELD)
    return {}, going


def inst(world, coming):
    for name, wanted in coming.items():
        was = f"[{version(world, name)}] " if version(world, name) else ""
        yield f"Inst {name} {was}({wanted} Debian:13/stable [amd64])"
        yield f"Conf {name} ({wanted} Debian:13/stable [amd64])"


def unpack(world, name, wanted):
    was = world["installed"].get(name, {"state": "config-files"})
    stays = wanted if was["state"] == "config-files" else was["version"]  # until the new one is there
    world["installed"][name] = {"version": stays, "state": "half-installed", "torn": True}
    save(world)
    midway(f"unpacks {name}")
    world["installed"][name] = {"version": wanted, "state": "unpacked"}
    save(world)
    midway(f"unpacked {name}")
    for path, content in about(world, name).get("conffiles", {}).items():
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as stream:
                stream.write(content)


def configure(world):
    failed, world["interrupted"] = [], False
    for name, one in world["installed"].items():
        if one["state"] in DONE or torn(world, name):
            continue
        if about(world, name).get("fails"):
            one["state"] = "half-configured"
            failed.append(f"{about(world, name)['fails']}\ndpkg: error processing package {name}")
            continue
        for unit in about(world, name).get("units", []):
            systemd(unit, load="loaded", file="enabled", **({"active": "active"} if may_start(world) else {}))
        midway(f"configures {name}")
        one["state"] = "installed"
        save(world)
    if failed:
        raise Refusal(100, "\n".join(failed))


def remove(world, name):
    world["installed"][name]["state"], world["interrupted"] = "half-configured", True
    save(world)
    midway(f"removes {name}")
    world["interrupted"] = False
    for unit in about(world, name).get("units", []):
        systemd(unit, load="not-found", file="disabled", **({"active": "inactive"} if may_start(world) else {}))
    world["installed"][name]["state"] = "config-files"
    world["held"] = [one for one in world["held"] if one != name]
    save(world)


def purge(world, name):
    midway(f"purges {name}")
    if about(world, name).get("postrm"):
        raise Refusal(100, f"dpkg: error processing package {name}: {about(world, name)['postrm']}")
    for path in about(world, name).get("conffiles", {}):
        if os.path.exists(path):
            os.unlink(path)
            if not os.listdir(os.path.dirname(path)):
                os.rmdir(os.path.dirname(path))
    del world["installed"][name]
    save(world)


def systemd(unit, **values):
    with open(os.environ["FAKE_SYSTEMD"]) as stream:
        units = json.load(stream)
    units[unit] = {"active": "inactive", "invocation": "", "started": "", "config": ""} | units.get(unit, {}) | values
    with open(os.environ["FAKE_SYSTEMD"], "w") as stream:
        json.dump(units, stream)


def may_start(world):
    if os.path.exists(world["policy"]):
        with open(world["policy"]) as stream:
            return "exit 101" not in stream.read()
    return True


def mark(world, options, names):
    verb, *names = names
    if unknown := [name for name in names if name not in {*world["available"], *world["installed"]}]:
        raise Refusal(100, f"E: Unable to locate package {unknown[0]}")
    if verb == "showmanual":
        return "\n".join(name for name in names if name in world["installed"] and name not in world["auto"])
    if verb == "auto":
        world["auto"] = sorted({*world["auto"], *names})
        return None
    others = [name for name in world["held"] if name not in names]
    world["held"] = sorted([*others, *names]) if verb == "hold" else others
    return None


def about(world, name):
    versions = {**world["archives"].get(name, {}), **world["available"].get(name, {})}
    return versions.get(world["installed"][name]["version"], {})  # of a remnant, nobody may know more


def version(world, name):
    one = world["installed"].get(name, {"state": "config-files"})
    return None if one["state"] == "config-files" else one["version"]


def key(text):
    return [int(part) for part in text.replace("-", ".").split(".")]


def save(world):
    with open(os.environ["FAKE_APT"], "w") as stream:
        json.dump(world, stream)
    blocks = []
    for name, one in world["installed"].items():
        want = "deinstall" if one["state"] == "config-files" else "hold" if name in world["held"] else "install"
        flag = "reinstreq" if torn(world, name) else "ok"
        files = "".join(f" {path} 0123abcd\n" for path in about(world, name).get("conffiles", {}))
        blocks.append(
            f"Package: {name}\nStatus: {want} {flag} {one['state']}\nArchitecture: amd64\nVersion: {one['version']}\n"
            f"Conffiles:\n{files}Description: a package\n"
        )
    with open(world["status"], "w") as stream:
        stream.write("\n".join(blocks))


if __name__ == "__main__":
    status, said = main([os.path.basename(sys.argv[0]), *sys.argv[1:]])
    sys.stdout.write(said)
    sys.exit(status)
