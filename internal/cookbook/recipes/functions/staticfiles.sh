# Static files whose names carry their digest, kept in a folder of shared/ for as long as a release needs them.
# shellcheck disable=SC2154

# keep_static FOLDER puts the release's hashed files into a folder of shared/, and takes out those that no release of this host
# names any more. It needs $python and $manage.
#
# A file is written beside its place, synced, and renamed: whoever asks for it meets the whole of it or none. Only files that this
# function put there are ever removed: they are listed in .slipway-static, before they are renamed in, and until they are gone. Beside
# them stand the places of manifests within releases: a release before this one may have had another STATIC_ROOT.
keep_static() {
	case $1 in
	'' | .* | */*) printf '%s\n' "$recipe: '$1' is no name of a folder in shared/" >&2 && exit 1 ;;
	esac
	mkdir -p -- "$SLIPWAY_SHARED_PATH/$1"
	kept="$SLIPWAY_SHARED_PATH/$1" "$python" "$manage" shell -v 0 -c '
import glob, json, os, shutil, sys, tempfile, time
from django.contrib.staticfiles.storage import staticfiles_storage as storage

kept, release = os.environ["kept"], os.path.realpath(".")
encodings = ("", ".gz", ".br", ".zst")  # what WhiteNoise and others write beside a file


def path_of(storage, name):
    try:
        return os.path.realpath(storage.path(name))
    except NotImplementedError:
        return None  # no folder of this host


def named(manifest):
    with open(manifest) as f:
        return set(json.load(f)["paths"].values())


manifest = path_of(getattr(storage, "manifest_storage", storage), getattr(storage, "manifest_name", "."))
root = path_of(storage, "")
if not hasattr(storage, "manifest_name") or manifest is None or root is None:
    print("slipway-note: no static files kept: their storage has no manifest in a folder of this host")
    sys.exit()
place = os.path.relpath(manifest, release)
if place.startswith(".."):
    sys.exit("the manifest of the static files is %s, outside of the release: let STATIC_ROOT lie in BASE_DIR" % manifest)
own = named(manifest)

# One that a run left which was killed. None of a run that goes on, of another host on the same disk, is that old.
for left in glob.glob(os.path.join(kept, ".slipway-new-*")):
    if time.time() - os.stat(left).st_mtime > 3600:
        shutil.rmtree(left, ignore_errors=True)

index = os.path.join(kept, ".slipway-static")
listed, places = set(), {place}
if os.path.exists(index):
    with open(index) as f:
        before = json.load(f)
    listed.update(before["files"])
    places.update(before["places"])


def list_as(folder, names, places):
    written = os.path.join(folder, "index")
    with open(written, "w") as f:
        json.dump({"files": sorted(names), "places": sorted(places)}, f)
        f.flush()
        os.fsync(f.fileno())
    os.replace(written, index)


folder = tempfile.mkdtemp(prefix=".slipway-new-", dir=kept)
try:
    missing = []
    for name in sorted(own):
        for encoding in encodings:
            source = os.path.join(root, name + encoding)
            if os.path.isfile(source) and not os.path.exists(os.path.join(kept, name + encoding)):
                copy = os.path.join(folder, str(len(missing)))
                shutil.copyfile(source, copy)
                missing.append((copy, name + encoding))
    os.sync()
    list_as(folder, listed | own, places)
    for copy, name in missing:
        target = os.path.join(kept, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(copy, target)

    wanted, found = set(own), {place}
    for where in places:
        for other in glob.glob(os.path.join(os.path.dirname(release), "[!.]*", where)):
            found.add(where)
            try:
                wanted |= named(other)
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                print("slipway-note: no static file is removed, for %s cannot be read: %s" % (other, error))
                sys.exit()
    gone = (listed | own) - wanted
    for name in gone:
        for encoding in encodings:
            if os.path.exists(os.path.join(kept, name + encoding)):
                os.remove(os.path.join(kept, name + encoding))
    list_as(folder, (listed | own) - gone, found)
    print("slipway-note: kept in %s: %d files added, %d removed" % (os.path.basename(kept), len(missing), len(gone)))
finally:
    shutil.rmtree(folder, ignore_errors=True)
'
}
