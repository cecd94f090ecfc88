#!/bin/sh
# Makes sure that commands exist: `need-commands.sh openssl=openssl ss=iproute2` (command=Debian package).
# Root on a Debian gets what is missing installed; anybody else is told what to install. Speaks on stderr only.
set -eu

missing=
for need in "$@"; do
  command -v "${need%%=*}" >/dev/null || missing="$missing ${need#*=}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "missing on this machine (names of the Debian packages):$missing" >&2
  exit 1
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=300 update >&2
# shellcheck disable=SC2086 # a list of words
apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends $missing >&2
