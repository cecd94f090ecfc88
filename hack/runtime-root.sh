#!/bin/sh
# Makes the root file system of the distroless image that ours is based on, in DIR, out of this machine's
# own files: Node, its libraries, an empty /tmp, /etc/passwd. For where no image registry is reachable.
# usage: runtime-root.sh DIR NODE
set -eu

[ $# = 2 ] || { echo 'usage: runtime-root.sh DIR NODE' >&2 && exit 2; }
root=$1
node=$2
mkdir -p "$root/nodejs/bin" "$root/etc" "$root/proc" "$root/sys/fs/cgroup" "$root/dev" "$root/tmp" \
  "$root/var/lib/oom-recorder"
cp -L "$node" "$root/nodejs/bin/node"
echo 'root:x:0:0:root:/root:/sbin/nologin' >"$root/etc/passwd"
# The third word of each line of ldd(1), or the first where it is the loader.
ldd "$node" | awk '$3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
