#!/bin/sh
# Programs that some tests need, most of them servers: `install-test-tools.sh promtool influxd …`, all of them by
# default. From Debian's archive, and only as root; Debian starts what it installs where systemd runs.
set -eu

package() {
  case $1 in
    prometheus | promtool) echo prometheus ;;
    influxd) echo influxdb ;;
    influx) echo influxdb-client ;;
    bash | chromium | fish | runc | shellcheck | zsh) echo "$1" ;;
    mkfs.ext4 | e2fsck) echo e2fsprogs ;;
    *) echo "no test tool: $1" >&2 && exit 2 ;;
  esac
}

[ $# -gt 0 ] || set -- prometheus promtool influxd influx runc shellcheck zsh fish chromium
needs=
for tool in "$@"; do
  needs="$needs $tool=$(package "$tool")"
done
# shellcheck disable=SC2086 # a list of words
exec "$(dirname "$0")/need-commands.sh" $needs
