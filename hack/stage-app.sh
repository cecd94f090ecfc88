#!/bin/sh
# Puts into DIR what an image needs besides Node: the bundle from dist/, and of koffi's packages the one
# binary for this platform's glibc, where the bundle looks for it. Used by the Dockerfile and by the
# tests' container, so that both run the same files.
set -eu

[ $# = 1 ] || { echo 'usage: stage-app.sh DIR' >&2 && exit 2; }
cd "$(dirname "$0")/.."
[ -f dist/oom-recorder.js ] || { echo 'stage-app.sh: no bundle, run npm run build first' >&2 && exit 1; }

mkdir -p "$1"
cp -R dist/. "$1"
case $(uname -m) in
  x86_64) platform=x64 ;;
  aarch64 | arm64) platform=arm64 ;;
  *) echo "stage-app.sh: no koffi for $(uname -m)" >&2 && exit 1 ;;
esac
from=node_modules/@koromix/koffi-linux-$platform
to=$1/$from
mkdir -p "$to/linux_$platform"
cp "$from/package.json" "$from/index.js" "$to"
cp "$from/linux_$platform/koffi.node" "$to/linux_$platform"
