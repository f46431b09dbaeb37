"""Says which of the twenty it is, and what is installed in its environment."""

import os
from importlib.metadata import distributions

here = os.path.dirname(os.path.realpath(__file__))
deploy_path, _, release = here.rsplit("/", 2)
installed = ", ".join(sorted(f"{d.metadata['Name']} {d.version}" for d in distributions()))


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("X-Release", release)])
    return [f"{os.path.basename(deploy_path)} with {installed}\n".encode()]
