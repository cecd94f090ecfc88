# What the scenarios are made of. Prints the truth, a line each:
#
#   @@BEGIN SCENARIO
#   @@EXPECT pid=N cg=PATH comm-hex=HEX   who is to be killed, in which cgroup, by which name
#   @@WAIT pid=N signal=9                 how it ended; `or=M`: one kill, for which the kernel may name either number
#   @@COUNTER FILE ...                    what the kernel has counted since
#
# Nobody but the OOM killer sends signal 9 here, and nothing is told from the log.

CGROUPS=/sys/fs/cgroup
# oom_kill.c __oom_kill_process: the context of ten in five seconds, the kill line always.
CONTEXTS=10
WINDOW=5.2

if [ "$cgroup" = v2 ]; then
  MEMORY=$CGROUPS CPUSET=$CGROUPS LIMIT=memory.max COUNTERS='memory.events memory.events.local'
else
  MEMORY=$CGROUPS/memory CPUSET=$CGROUPS/cpuset LIMIT=memory.limit_in_bytes COUNTERS='memory.oom_control memory.failcnt'
fi

mount_cgroups() {
  if [ "$cgroup" = v2 ]; then
    mount -t cgroup2 cgroup $CGROUPS
    return
  fi
  mount -t tmpfs cgroup $CGROUPS
  for controller in memory cpuset; do
    mkdir $CGROUPS/$controller
    mount -t cgroup -o $controller cgroup $CGROUPS/$controller
  done
  # Since 5.11 it always does, and the file may be gone.
  if [ -e $MEMORY/memory.use_hierarchy ]; then echo 1 >$MEMORY/memory.use_hierarchy; fi
}

# v2 hands a controller down one level at a time; a cpuset of v1 begins empty.
make_cgroup() { # PATH [LIMIT]
  local level='' part rest=${1#/}/
  while [ -n "$rest" ]; do
    part=${rest%%/*} rest=${rest#*/}
    [ "$cgroup" = v1 ] || echo '+memory +cpuset' >"$CGROUPS$level/cgroup.subtree_control"
    level=$level/$part
    mkdir -p "$MEMORY$level"
  done
  [ -z "${2-}" ] || echo "$2" >"$MEMORY$1/$LIMIT"
}

make_cpuset() { # PATH NODE
  local level='' part rest=${1#/}/
  while [ "$cgroup" = v1 ] && [ -n "$rest" ]; do
    part=${rest%%/*} rest=${rest#*/} level=$level/$part
    mkdir -p "$CPUSET$level"
    cat $CPUSET/cpuset.cpus >"$CPUSET$level/cpuset.cpus"
    cat $CPUSET/cpuset.mems >"$CPUSET$level/cpuset.mems"
  done
  echo "$2" >"$CPUSET$1/cpuset.mems"
}

# Where a kubelet with the driver systemd keeps its pods, and one whose node is a container of kind.
SLICES=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable
KIND=/docker/1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable

container() { printf 9f02d9fa0049eb2655fc83c765f142362b2cb403b57b70ba3185%012d "$1"; } # NUMBER

# What a kubelet with the driver cgroupfs makes: the container of pod-NUMBER, as /record/pods.json has it.
burstable() { # NUMBER [BELOW]
  printf '/kubepods/burstable/pod44444444-0000-4000-8000-%012d/%s%s' "$1" "$(container "$1")" "${2-}"
}

hex() { printf %s "$1" | xxd -p; }

contexts=0
# Waits where the kernel would print no context of so many more kills.
spare() { # KILLS
  contexts=$((contexts + $1))
  [ $contexts -gt $CONTEXTS ] || return 0
  sleep $WINDOW
  contexts=$1
}

scenario() { # NAME KILLS
  spare "$2"
  echo "@@BEGIN $1"
  echo "$1" >&3
  echo "<14>@@SCENARIO $1" >/dev/kmsg
}

enter() { # PATH
  echo 0 >/proc/self/oom_score_adj
  echo 0 >"$MEMORY$1/cgroup.procs"
}

# The process's number is $pid.
start() { # PATH NAME-IN-HEX ARGUMENT-OF-EAT...
  local path=$1 name=$2
  shift 2
  (
    enter "$path"
    exec /record/eat -n "$name" "$@"
  ) &
  pid=$!
}

expect() { # PID PATH NAME-IN-HEX
  local where="cg=$2"
  [ ${#2} -le 1000 ] || where="cglen=${#2}" # longer than what the kernel prints of it
  echo "@@EXPECT pid=$1 $where comm-hex=$3"
}

ends() { # PID
  local status=0
  wait "$1" 2>/dev/null || status=$?
  if [ $status -gt 128 ]; then echo "@@WAIT pid=$1 signal=$((status - 128))"; else echo "@@WAIT pid=$1 exit=$status"; fi
}

count() { # PATH
  local file
  for file in $COUNTERS; do
    if [ -e "$MEMORY$1/$file" ]; then echo "@@COUNTER $file $(tr '\n' ' ' <"$MEMORY$1/$file")"; fi
  done
}

has_ooms() { # PATH
  case $cgroup in
    v2) grep -q '^oom [1-9]' "$MEMORY$1/memory.events" ;;
    v1) grep -q '^[1-9]' "$MEMORY$1/memory.failcnt" ;;
  esac
}

count_all() { echo "@@COUNTER vmstat $(grep '^oom_kill ' /proc/vmstat)"; }

# One that is killed in its cgroup and what is counted there.
kill_one() { # PATH NAME-IN-HEX ARGUMENT-OF-EAT...
  start "$@"
  expect $pid "$1" "$2"
  ends $pid
  count "$1"
  count_all
}

# So many at once, each in a container of its own, from this number on.
kill_many() { # NUMBER COUNT LIMIT NAME
  local at=0 pids=''
  rm -f /gate
  while [ $at -lt "$2" ]; do
    make_cgroup "$(burstable $(($1 + at)))" "$3"
    start "$(burstable $(($1 + at)))" "$(hex "$4")" -g /gate
    expect $pid "$(burstable $(($1 + at)))" "$(hex "$4")"
    pids="$pids $pid" at=$((at + 1))
  done
  touch /gate
  for pid in $pids; do ends "$pid"; done
  count_all
}

start_agent() {
  local at
  for at in proc sys dev; do mount -o rbind /$at /root/$at; done
  mount -t tmpfs state /root/var/lib/oom-recorder
  cp /record/pods.json /root/tmp
  # As a pod of the priority class system-node-critical has it.
  (
    echo -997 >/proc/self/oom_score_adj
    exec chroot /root /nodejs/bin/node /app/oom-recorder.js run --dry-run --start-at now --listen none \
      --pods /tmp/pods.json --state-dir /var/lib/oom-recorder --node-name node-1 -o ndjson --log-format json
  ) >/out/events.ndjson 2>/out/agent.log &
  agent=$!
  until grep -q 'watching the kernel log' /out/agent.log; do sleep 0.2; done
}

# It waits ten seconds for news of the pods where the kernel withheld whose a kill was.
stop_agent() {
  sleep 15
  kill -TERM $agent
  wait $agent || echo "the agent ended with $?" >&2
  tar -cf /out/state.tar -C /root/var/lib/oom-recorder .
}
