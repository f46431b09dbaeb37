# Wheels in shared/, so that what a release installs the next one installs without network and build.
import glob
import hashlib
import os
import platform
import re
import shutil
import sys
import sysconfig
import tempfile
import time

KEPT = 5  # the sets that the cache keeps: those of a branch or two beside the newest


def digest(file):
    found = hashlib.sha256()
    with open(file, "rb") as f:
        for piece in iter(lambda: f.read(1 << 20), b""):
            found.update(piece)
    return found.hexdigest()


def interpreter():
    """What a choice of wheels, and a built one, depends on: this Python, this machine and its C library."""
    parts = [sys.implementation.cache_tag, platform.python_version(), sysconfig.get_config_var("SOABI"), sysconfig.get_platform()]
    return " ".join(str(part) for part in parts + list(platform.libc_ver()))


def named(file):
    """The project and the version in a file's name (PEP 427, PEP 625)."""
    name = os.path.basename(file)
    if name.endswith(".whl"):
        project, version = name.split("-")[:2]
    else:
        project, _, version = re.sub(r"\.(tar\.gz|zip)$", "", name).rpartition("-")
    return re.sub(r"[-_.]+", "-", project).lower(), version.replace("_", "-")


class Cache:
    """wheels/<hash>/<name>; sets/<key>, the wheels that came of a lock; built/<key>, the wheel that came of a source tarball.

    A file of sets and built has a line for each wheel, its hash and its name. All comes by a rename, whole or not at all.
    What is found is held against its hash, since a disk may lose what it said was written.
    """

    def __init__(self, folder):
        self.wheels, self.sets, self.built = (os.path.join(folder, part) for part in ("wheels", "sets", "built"))

    @staticmethod
    def entries(record):
        try:
            with open(record) as f:
                return re.findall(r"^([0-9a-f]{64}) ([^/\n]+\.whl)$", f.read(), re.MULTILINE)
        except (OSError, UnicodeDecodeError):
            return []

    def find(self, record, at_hand):
        """The wheels of a record as (hash, file), or [] where they are not all there; at_hand are files by their hashes."""
        found = []
        try:
            for sha, name in self.entries(record):
                file = at_hand.get(sha) or os.path.join(self.wheels, sha, name)
                if sha not in at_hand and digest(file) != sha:
                    shutil.rmtree(os.path.dirname(file), ignore_errors=True)
                    return []
                found.append((sha, file))
            if found:
                os.utime(record)
        except OSError:  # gone, or another user's
            return []
        return found

    def keep(self, wheels, at_hand, records):
        """Keeps wheels that are not at hand in each release, then the records of them, and drops what is old."""
        for folder in (self.wheels, self.sets, self.built):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        for sha, file in wheels:
            if sha not in at_hand:
                self.put(self.wheels, sha, lambda new: shutil.copy(file, os.path.join(new, os.path.basename(file))))
        for record, of in records:
            self.put(*os.path.split(record), lambda new: self.write(os.path.join(new, "record"), of), "record")
        self.tidy()

    @staticmethod
    def put(folder, name, fill, part=""):
        """Makes folder/name what fill leaves in a new folder, or its part of that name."""
        place = os.path.join(folder, name)
        if os.path.isdir(place):
            return
        new = tempfile.mkdtemp(prefix=".new-", dir=folder)
        try:
            fill(new)
            os.rename(os.path.join(new, part) if part else new, place)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    @staticmethod
    def write(file, wheels):
        with open(file, "w") as f:
            f.writelines("%s %s\n" % (sha, os.path.basename(wheel)) for sha, wheel in wheels)

    def tidy(self):
        sets = sorted(glob.glob(os.path.join(self.sets, "*")), key=os.path.getmtime)
        for old in sets[:-KEPT]:
            os.remove(old)
        used = {sha for record in sets[-KEPT:] for sha, _ in self.entries(record)}
        for record in glob.glob(os.path.join(self.built, "*")):
            if not used.intersection(sha for sha, _ in self.entries(record)):
                os.remove(record)
        for wheel in glob.glob(os.path.join(self.wheels, "*")):
            if os.path.basename(wheel) not in used:
                shutil.rmtree(wheel, ignore_errors=True)
        # What a killed try left; not what another host writes just now, where shared/ lies on a network.
        for new in glob.glob(os.path.join(os.path.dirname(self.sets), "*", ".new-*")):
            if os.path.getmtime(new) < time.time() - 3600:
                shutil.rmtree(new, ignore_errors=True)
