# Makes what the release needs beside its own files. Runs in the release.
set -eu
mkdir bin
ln -s ../deploy/restart.sh bin/restart
