#!/bin/sh
# Remakes models/ beside this script, in two virtual environments of its own under target/vectors.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work="$here/../../target/vectors"
mkdir -p "$work"
for which in "" -old; do
  [ -x "$work/venv$which/bin/python" ] || python3 -m venv "$work/venv$which"
  "$work/venv$which/bin/pip" install --quiet -r "$here/requirements$which.txt"
done
rm -rf "$here/models"
"$work/venv/bin/python" "$here/make.py"
"$work/venv-old/bin/python" "$here/make.py" old
