"""Makes wheels of packages that Debian has installed: what an index gives elsewhere. usage: wheels.py FOLDER PACKAGE..."""

import importlib.metadata
import os
import sys
import zipfile

folder, packages = sys.argv[1], sys.argv[2:]
needs = {"Django": ["asgiref", "sqlparse", "pytz"]}  # Debian's notes leave that out
beside = {"gunicorn": ["pkg_resources"]}  # a package of its own at Debian's
installed = "/usr/lib/python3/dist-packages"
for name in packages:
    package = importlib.metadata.distribution(name)
    about = f"{package.metadata['Name']}-{package.version}"
    metadata = package.read_text("METADATA") or package.read_text("PKG-INFO")
    head, _, body = metadata.partition("\n\n")
    for needed in needs.get(name, []):
        head += "\nRequires-Dist: " + needed
    texts = {
        "METADATA": head + "\n\n" + body,
        "WHEEL": "Wheel-Version: 1.0\nGenerator: debian\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if package.read_text("entry_points.txt"):
        texts["entry_points.txt"] = package.read_text("entry_points.txt")
    with zipfile.ZipFile(os.path.join(folder, about + "-py3-none-any.whl"), "w", zipfile.ZIP_DEFLATED) as wheel:
        record = []

        def add(inside, text=None, file=None):
            record.append(inside + ",,")
            wheel.writestr(inside, text) if file is None else wheel.write(file, inside)

        for module in package.read_text("top_level.txt").split() + beside.get(name, []):
            for where, folders, files in os.walk(os.path.join(installed, module)):
                folders[:] = [f for f in folders if f != "__pycache__"]
                for file in files:
                    full = os.path.join(where, file)
                    if os.path.exists(full):  # a link to another package of Debian's, which the host may lack
                        add(os.path.relpath(full, installed), file=os.path.realpath(full))
        for file, text in texts.items():
            add(f"{about}.dist-info/{file}", text)
        record.append(f"{about}.dist-info/RECORD,,")
        wheel.writestr(f"{about}.dist-info/RECORD", "\n".join(record) + "\n")
