"""Deploys a tarball with Fabric: all hosts at once, one upload and one command each.

usage: python3 fabfile.py deploy|rollback SSH_CONFIG TARBALL RELEASE VERIFY SCRIPT HOST:PATH ...
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shlex import quote

from fabric import Config, Connection


def deploy(config, action, tarball, release, verify, script, target, migrate):
    host, root = target.split(":")
    with Connection(host, config=config) as connection:
        if action == "deploy":
            connection.put(tarball, f"{root}/{release}.tar.gz")
        # As an argument: Fabric sends standard input at a hundred bytes a second.
        connection.run(f"sh -c {quote(script)} on-host.sh {action} {root} {release} {verify} {migrate}", in_stream=False, hide=True)


def main():
    action, ssh_config, tarball, release, verify, script, *targets = sys.argv[1:]
    script = Path(script).read_text(encoding="utf-8")
    # One for each thread: a Config is loaded when it is first read, and is not safe for two who do that at once.
    configs = [Config(runtime_ssh_path=ssh_config) for _ in targets]
    with ThreadPoolExecutor(len(targets)) as threads:
        running = [
            threads.submit(deploy, config, action, tarball, release, verify, script, target, "no" if i else "yes")
            for i, (config, target) in enumerate(zip(configs, targets))
        ]
        for each in running:
            each.result()


main()
