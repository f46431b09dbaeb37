# Reads what is to be installed: a requirements file, or a lock file as the requirements file that it comes to.
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys


class Refused(Exception):
    pass


def read(file, seen=(), constrains=False):
    """The lines of a requirements file and of those that it includes: (file:number, text, whether it only constrains)."""
    try:
        with open(file, encoding="utf-8-sig") as f:
            text = f.read()
    except (OSError, UnicodeDecodeError) as e:
        raise Refused("%s cannot be read: %s" % (file, e))
    lines, begun, begun_at = [], "", 0
    for number, line in enumerate(text.splitlines(), 1):
        begun_at = begun_at or number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            begun += line[:-1] + " "
            continue
        whole, at = re.sub(r"(^|\s+)#.*$", "", begun + line).strip(), "%s:%d" % (file, begun_at)
        begun, begun_at = "", 0
        included = re.match(r"(-r|--requirement|-c|--constraint)[\s=]*(.+)", whole)
        if included:
            inner = os.path.normpath(os.path.join(os.path.dirname(file), included.group(2).strip("\"' ")))
            if "://" in included.group(2) or inner in (*seen, file):
                raise Refused("%s: includes %s; a file of the release is needed there, and none that includes this one" % (at, included.group(2)))
            lines += read(inner, (*seen, file), constrains or included.group(1) in ("-c", "--constraint"))
        elif whole:
            lines.append((at, whole, constrains))
    return lines


def of_pylock(file):
    """The lines of a requirements file that a pylock.toml (PEP 751) comes to: every pip can install them, also from wheels at hand."""
    try:
        import tomllib
    except ImportError:
        from pip._vendor import tomli as tomllib
    from pip._vendor.packaging.specifiers import SpecifierSet

    try:
        with open(file, "rb") as f:
            lock = tomllib.load(f)
        if not lock["lock-version"].startswith("1."):
            raise Refused("%s is of version %s; this recipe knows 1.0" % (file, lock["lock-version"]))
        wanted = lock.get("requires-python", "")
        if not SpecifierSet(wanted).contains(platform.python_version().rstrip("+"), prereleases=True):
            raise Refused("%s is for Python %s, and this host's is %s: set `python` to one that fits" % (file, wanted, platform.python_version()))
        lines = []
        for package in lock["packages"]:
            name, marker = package["name"], package.get("marker", "")
            if "version" not in package or {"vcs", "directory", "archive"} & set(package):
                raise Refused("%s: %s has no file of an index; put its wheel into the artifact and into a requirements.txt" % (file, name))
            if re.search(r"\b(extras|dependency_groups)\b", marker):
                raise Refused(
                    "%s: %s belongs to an extra or a group; write the lock of what production needs,"
                    " as by `uv export --frozen --no-dev -o pylock.toml`" % (file, name)
                )
            line = "%s==%s%s" % (name, package["version"], " ; " + marker if marker else "")
            for archive in package.get("wheels", []) + [a for a in [package.get("sdist")] if a]:
                known = sorted(h for h in archive["hashes"].items() if h[0] in ("sha256", "sha384", "sha512"))
                line += "".join(" --hash=%s:%s" % h for h in known)
            if "--hash=" not in line:
                raise Refused("%s: %s has no hash" % (file, name))
            lines.append(line)
        return lines
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise Refused("%s is no lock file of PEP 751: %s %s" % (file, type(e).__name__, e))


def of_uv(file, output):
    """What uv makes of its own lock, as a requirements file. It needs no network for it."""
    uv = shutil.which("uv") or shutil.which("uv", path=os.path.expanduser("~/.local/bin"))
    if not uv:
        raise Refused(
            "%s needs uv, which is neither in PATH nor in ~/.local/bin: install it on this host,"
            " or let CI write `uv export --frozen --no-dev --no-emit-project -o requirements.txt`" % file
        )
    command = [uv, "export", "--frozen", "--no-dev", "--no-emit-project", "--offline", "--no-python-downloads", "--quiet"]
    command += ["--project", os.path.dirname(file) or ".", "--python", sys.executable, "--output-file", output]
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode:
        raise Refused("uv cannot read %s: it says why above" % file)
