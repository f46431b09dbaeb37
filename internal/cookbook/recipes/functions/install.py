# What python/venv runs: installs into an environment that has been made, with the host's pip or the environment's own.
# Arguments: the environment, the requirements file or "", the folder of wheels or "", the folder of the cache or "",
# whether the host's packages are seen, the options of pip install.
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^]]*\])?"
PINNED = re.compile(NAME + r"\s*===?\s*[^\s;,*]+\s*(;.*)?$")
BY_NAME = re.compile(NAME + r"\s*([(=<>!~][^;@/]*)?(;.*)?$")
INDEX = re.compile(r"(-i|--index-url|--extra-index-url|--trusted-host|--pre|--prefer-binary|--require-hashes|--no-index)([\s=]|$)")
CHOICE = re.compile(r"(--no-binary|--only-binary)([\s=]|$)")
TOOLS = ".\nWhat builds a source tarball must lie beside it, too, as wheels: setuptools and wheel, or what its pyproject.toml requires"


class Failed(Refused):
    """pip says itself what is wrong."""


class Pip:
    """pip for an environment, without any network where there is a folder of wheels."""

    def __init__(self, environment, bundle):
        python = os.path.join(environment, "bin", "python")
        self.command = [sys.executable, "-I", "-m", "pip"]
        if os.path.abspath(sys.executable) != python:
            self.command += ["--python", python]
        self.env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP")}
        self.sources = []
        if bundle:
            self.sources = ["--no-index", "--no-cache-dir", "--find-links", bundle]
            # Forbidden, also to what builds a source tarball, and to a requirement that names an address: nobody listens there.
            nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
            self.env = {k: v for k, v in self.env.items() if not k.startswith("PIP_")}
            self.env.update(nowhere, no_proxy="", NO_PROXY="", GIT_ALLOW_PROTOCOL="file", PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1", PIP_RETRIES="0")

    def run(self, command, *arguments):
        whole = [*self.command, "--disable-pip-version-check", "--no-input", command, *arguments]
        sys.stdout.flush()
        if subprocess.run(whole, env=self.env, stdin=subprocess.DEVNULL).returncode:
            raise Failed("`pip %s` failed: it says why above" % command)


def install(environment, requirements, bundle, cache, host, options):
    pip, work = Pip(environment, bundle), os.path.join(environment, ".slipway")
    os.mkdir(work)
    at_hand, from_source = {}, False
    try:
        if bundle:
            at_hand = {digest(file): file for file in archives(bundle)}
            from_source = any(not file.endswith(".whl") for file in at_hand.values())
        requirements = resolved(requirements, at_hand.values(), work)
        lines = read(requirements)
        if bundle:
            refuse_addresses(lines)
        hashes = ["--require-hashes"] if any("--hash=" in text for _, text, _ in lines) else []
        if not cache or bundle and not from_source or not lasting(lines, bundle):
            pip.run("install", "--progress-bar", "off", *options, *hashes, *pip.sources, "-r", requirements)
            if not host:  # whose packages are not the release's to judge
                pip.run("check")
            return
        from_cache(pip, requirements, lines, hashes, at_hand, Cache(cache), options, work)
    except Failed as e:
        raise Refused("%s%s%s" % (e, TOOLS if from_source else "", misfits(at_hand.values())))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def archives(folder):
    return sorted(file for end in ("*.whl", "*.tar.gz", "*.zip") for file in glob.glob(os.path.join(glob.escape(folder), end)))


def resolved(requirements, files, work):
    """A requirements file for what is to be installed."""
    made, name = os.path.join(work, "requirements.txt"), os.path.basename(requirements)
    if not requirements:
        write(made, ["%s==%s" % named(file) for file in files])
    elif re.match(r"pylock\.(.+\.)?toml$", name):
        write(made, of_pylock(requirements))
    elif name == "uv.lock":
        of_uv(requirements, made)
    else:
        return requirements
    return made


def write(file, lines):
    with open(file, "w") as f:
        f.writelines(line + "\n" for line in lines)


def refuse_addresses(lines):
    for at, text, constrains in lines:
        if "://" in text and "file://" not in text and not INDEX.match(text) and not constrains:
            raise Refused("%s: comes from an address, and with `wheels` nothing comes over the network: put its wheel beside the others, and name it by its version" % at)


def lasting(lines, bundle):
    """Whether the same lines mean the same wheels in the next release: all pinned, or all that there is in the bundle."""
    shape = BY_NAME if bundle else PINNED
    for _, text, constrains in lines:
        if not constrains and not INDEX.match(text) and not CHOICE.match(text) and not shape.match(re.split(r"\s--hash=", text)[0].strip()):
            return False
    return True


def from_cache(pip, requirements, lines, hashes, at_hand, cache, options, work):
    known = json.dumps([interpreter(), [line[1:] for line in lines], sorted(at_hand)])
    record = os.path.join(cache.sets, hashlib.sha256(known.encode()).hexdigest())
    wheels, records = cache.find(record, at_hand), []
    again = bool(wheels)
    if not again:
        wheels, records = gather(pip, requirements, hashes, cache, work)
    exact = os.path.join(work, "exact.txt")
    write(exact, ["%s==%s --hash=sha256:%s" % (*named(file), sha) for sha, file in wheels])
    links = [word for folder in sorted({os.path.dirname(file) for _, file in wheels}) for word in ("--find-links", folder)]
    pip.run("install", "--progress-bar", "off", *options, "--no-deps", "--no-index", "--no-cache-dir", "--require-hashes", *links, "-r", exact)
    if again:
        print("slipway-note: %d from shared/.cache, none fetched or built" % len(wheels))
        return
    pip.run("check")
    try:
        cache.keep(wheels, at_hand, [*records, (record, wheels)])
    except OSError as e:
        print("slipway-note: the wheels are not kept for the next release: %s" % e)


def gather(pip, requirements, hashes, cache, work):
    """The wheels that pip chooses, as (hash, file), and which of them was built of what, as records of the cache."""
    chosen, wheels, records = os.path.join(work, "chosen"), [], []
    pip.run("download", "--progress-bar", "off", "--dest", chosen, *hashes, *pip.sources, "-r", requirements)
    for file in archives(chosen):
        found = [(digest(file), file)]
        if not file.endswith(".whl"):
            record = os.path.join(cache.built, hashlib.sha256(("%s %s" % (found[0][0], interpreter())).encode()).hexdigest())
            found = cache.find(record, {}) or [build(pip, file, work)]
            records.append((record, found))
        wheels += found
    return wheels, records


def build(pip, source, work):
    made = tempfile.mkdtemp(dir=work)
    pip.run("wheel", "--progress-bar", "off", "--no-deps", "--wheel-dir", made, *pip.sources, source)
    (file,) = archives(made)
    return digest(file), file


def misfits(files):
    """Names the wheels at hand that this host cannot use, and for which there is no other."""
    try:
        from pip._vendor.packaging.tags import sys_tags
        from pip._vendor.packaging.utils import InvalidWheelFilename, parse_wheel_filename
    except ImportError:
        return ""
    fits, good, bad = set(sys_tags()), set(), {}
    for file in files:
        try:
            if file.endswith(".whl") and not fits & parse_wheel_filename(os.path.basename(file))[3]:
                bad[os.path.basename(file)] = named(file)
                continue
        except InvalidWheelFilename:
            pass
        good.add(named(file))
    left = sorted(name for name, what in bad.items() if what not in good)
    if not left:
        return ""
    return (
        ".\nThese wheels are for another Python or another machine than this host's (%s): %s. Make them where system and Python are the same,"
        " as in a container of it: pip wheel -r requirements.txt -w <folder>" % (interpreter(), ", ".join(left))
    )


try:
    install(os.path.abspath(sys.argv[1]), *sys.argv[2:5], sys.argv[5] == "true", sys.argv[6:])
except (Refused, OSError) as wrong:
    sys.exit("python/venv: %s" % wrong)
