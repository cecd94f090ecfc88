#!/bin/sh
# Makes the root file system of our image in DIR out of this machine's own files: what the distroless
# image has, and in /app what the Dockerfile puts there. For tests where no image registry is reachable.
# usage: image-root.sh DIR NODE, after npm run build
set -eu

[ $# = 2 ] || { echo 'usage: image-root.sh DIR NODE' >&2 && exit 2; }
here=$(dirname "$0")
"$here/runtime-root.sh" "$1" "$2"
cp -R "$here/../dist" "$1/app"
