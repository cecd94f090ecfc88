#!/bin/sh
# Makes a real OOM kill in a memory cgroup shaped like kubelet's: kubepods/burstable/pod<uid>/<64 hex>.
# A shell grows a string of its own until the kernel kills it; no compiler, and the name is ours to choose.
# Needs root. Cgroup v1 and v2.
# Prints {"podUid","containerId","cgroup","pid"}, one line per kill, and removes only what it made.
set -eu

usage() {
  cat <<'USAGE'
usage: oom-kill.sh [OPTION]...
  --pod UID            the pod (default: a new one for each kill)
  --container ID       the container (default: a new one for each kill)
  --limit SIZE         the container's limit (default: 16M, or none where --pod-limit is given)
  --pod-limit SIZE     the limit of the pod's cgroup
  --name NAME          the victim's name, up to 15 bytes of any kind (default: eater)
  --oom-score-adj N    the victim's oom_score_adj
  --child              a child is killed; its parent, the container's main process, lives on
  --count N            as many kills at once, each in a container of its own (default: 1)
  --live SECONDS       how long the processes live before they reach their limits (default: 0)
  --linger SECONDS     leave the cgroups that long after the last kill (default: 0)
USAGE
}

fail() {
  echo "oom-kill.sh: $1" >&2
  exit 1
}

wrong_usage() {
  echo "oom-kill.sh: $1" >&2
  usage >&2
  exit 2
}

must_match() {
  printf '%s\n' "$2" | grep -Eqx -e "$3" || wrong_usage "$1 $2: it must be $4"
}

# In less than that the kernel kills the shell before it has begun.
min_limit=4M

must_be_limit() {
  [ -n "$2" ] || return 0
  bytes=$(numfmt --from=iec -- "$2" 2>/dev/null) || wrong_usage "$1 $2: it must be a size such as 16M"
  [ "$bytes" -ge "$(numfmt --from=iec $min_limit)" ] || wrong_usage "$1 $2: it must be $min_limit or more"
}

pod='' container='' limit='' pod_limit='' name=eater adj='' child=no count=1 live=0 linger=0
while [ $# -gt 0 ]; do
  case $1 in
    --child) child=yes && shift && continue ;;
    -h | --help) usage && exit 0 ;;
  esac
  [ $# -gt 1 ] || wrong_usage "$1 needs a value, or is no option"
  case $1 in
    --pod) pod=$2 ;;
    --container) container=$2 ;;
    --limit) limit=$2 ;;
    --pod-limit) pod_limit=$2 ;;
    --name) name=$2 ;;
    --oom-score-adj) adj=$2 ;;
    --count) count=$2 ;;
    --live) live=$2 ;;
    --linger) linger=$2 ;;
    *) wrong_usage "no option is called $1" ;;
  esac
  shift 2
done
must_match --count "$count" '[1-9][0-9]*' 'a number of kills'
must_match --live "$live" '[0-9]+(\.[0-9]+)?' 'a number of seconds'
must_match --linger "$linger" '[0-9]+(\.[0-9]+)?' 'a number of seconds'
must_match --oom-score-adj "$adj" '(-?[0-9]{1,3}|1000)?' 'from -999 to 1000: nothing is killed at -1000'
must_be_limit --limit "$limit"
must_be_limit --pod-limit "$pod_limit"
[ -n "$limit$pod_limit" ] || limit=16M
[ -z "$container" ] || [ "$count" = 1 ] || fail '--container names one container: not with --count'
[ "$(id -u)" = 0 ] || fail 'only root may make cgroups'

if [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
  root=/sys/fs/cgroup/memory limit_file=memory.limit_in_bytes swap_file=memory.memsw.limit_in_bytes
elif [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  root=/sys/fs/cgroup limit_file=memory.max swap_file=memory.swap.max
else
  fail 'no memory cgroups at /sys/fs/cgroup'
fi
burstable=$root/kubepods/burstable

# What several runs of this script share, each line a directory that it made and no kubelet.
state=/run/oom-kill
mkdir -p "$state"
touch "$state/made"

locked() {
  exec 9>"$state/lock"
  flock 9
  "$@"
  exec 9>&-
}

# v2 hands a controller down one level at a time; v1 before 5.11 charges parents only when told to.
hand_down() {
  case $limit_file in
    memory.max) grep -qw memory "$1/cgroup.subtree_control" || echo +memory >"$1/cgroup.subtree_control" ;;
    *) echo 1 2>/dev/null >"$1/memory.use_hierarchy" || true ;;
  esac
}

make_pod() {
  [ "$limit_file" != memory.max ] || hand_down "$root"
  for shared in "$root/kubepods" "$burstable"; do
    [ -d "$shared" ] || { mkdir "$shared" && echo "$shared" >>"$state/made"; }
    hand_down "$shared"
  done
  [ ! -d "$1" ] || return 0
  mkdir "$1"
  made_pods="$1 $made_pods"
  hand_down "$1"
}

remove_pods() {
  for pod_cgroup in $made_pods; do rmdir "$pod_cgroup"; done
  for shared in "$burstable" "$root/kubepods"; do
    grep -qxF "$shared" "$state/made" && rmdir "$shared" 2>/dev/null || continue
    grep -vxF "$shared" "$state/made" >"$state/left" || true
    mv "$state/left" "$state/made"
  done
}

# A process that dies with gigabytes takes its time, and only its parent can wait for it.
remove_container() {
  tries=100
  while [ $tries -gt 0 ]; do
    while read -r pid; do kill -KILL "$pid" 2>/dev/null || true; done <"$1/cgroup.procs"
    rmdir "$1" 2>/dev/null && return
    sleep 0.05
    tries=$((tries - 1))
  done
}

set_limit() {
  echo "$2" >"$1/$limit_file"
  [ ! -e "$1/$swap_file" ] || case $limit_file in
    memory.max) echo 0 >"$1/$swap_file" ;;
    *) echo "$2" >"$1/$swap_file" ;;
  esac
}

# The builtins of a shell open /proc/self as the shell itself. A NUL is the empty name.
be_the_victim() {
  [ -z "$adj" ] || echo "$adj" >/proc/self/oom_score_adj
  if [ -n "$name" ]; then printf %s "$name" >/proc/self/comm; else printf '\000' >/proc/self/comm; fi
  read -r _ <&8
  meal=0123456789abcdef
  while :; do meal=$meal$meal; done
}

# The main process of a container: enters it, and eats itself or has a child that does.
live_in() {
  trap - EXIT INT TERM
  echo 0 >"$1/cgroup.procs" || { echo "$2 failed" >&7 && exit 1; }
  if [ $child = yes ]; then
    be_the_victim &
    echo "$2 $!" >&7
    wait $! 2>/dev/null || [ $? = 137 ] || exit 1
    sleep 1 # it lives on, as a server does that lost a worker
  else
    read -r pid _ </proc/self/stat
    echo "$2 $pid" >&7
    be_the_victim
  fi
}

clean_up() {
  trap '' INT TERM
  for cgroup in $made_containers; do remove_container "$cgroup"; done
  [ -z "$lingering" ] || kill "$lingering" 2>/dev/null || true
  wait
  locked remove_pods
  rm -rf "$work"
}

made_pods='' made_containers='' lingering=''
work=$(mktemp -d)
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkfifo "$work/ready" "$work/gate"
exec 7<>"$work/ready" 8<>"$work/gate"

new_uuid() { cat /proc/sys/kernel/random/uuid; }

at=0
while [ $at -lt "$count" ]; do
  at=$((at + 1))
  pod_uid=${pod:-$(new_uuid)}
  id=${container:-$(printf %s "$(new_uuid)$(new_uuid)" | tr -d -)}
  case $pod_uid$id in *[!0-9a-f-]*) fail 'a pod UID and a container ID are hex digits and dashes' ;; esac
  cgroup=$burstable/pod$pod_uid/$id
  locked make_pod "${cgroup%/*}"
  [ -z "$pod_limit" ] || set_limit "${cgroup%/*}" "$pod_limit"
  mkdir "$cgroup"
  made_containers="$cgroup $made_containers"
  [ -z "$limit" ] || set_limit "$cgroup" "$limit"
  live_in "$cgroup" $at &
  eval "main_$at=$! kill_$at='\"podUid\":\"$pod_uid\",\"containerId\":\"$id\",\"cgroup\":\"${cgroup#"$root"}\"'"
done

ready=0
while [ $ready -lt "$count" ]; do
  read -r at pid <&7
  [ "$pid" != failed ] || fail 'a process could not enter its cgroup'
  eval "pid_$at=$pid"
  ready=$((ready + 1))
done
sleep "$live"
at=0
while [ $at -lt "$count" ]; do at=$((at + 1)) && echo >&8; done

[ $child = yes ] && expected=0 || expected=137
at=0
while [ $at -lt "$count" ]; do
  at=$((at + 1))
  eval "main=\$main_$at kill=\$kill_$at pid=\$pid_$at"
  status=0
  wait "$main" 2>/dev/null || status=$?
  [ $status = $expected ] || fail "the container's main process ended with $status instead of $expected"
  echo "{$kill,\"pid\":$pid}"
done
[ "$linger" = 0 ] || { sleep "$linger" & lingering=$! && wait $lingering; }
