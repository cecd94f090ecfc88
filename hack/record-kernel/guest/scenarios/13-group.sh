# Only v2 has memory.oom.group.
if [ "$cgroup" = v2 ]; then
  scenario group 1
  path=$(burstable 3)
  make_cgroup "$path" 24M
  echo 1 >"$MEMORY$path/memory.oom.group"
  members=''
  for at in 1 2 3; do start "$path" "$(hex member-$at)" -l 1 && members="$members $pid"; done
  start "$path" "$(hex leader)"
  expect $pid "$path" "$(hex leader)"
  for pid in $members $pid; do ends "$pid"; done
  count "$path"
  count_all

  scenario group-without-context 11
  path=$(burstable 4)
  make_cgroup "$path" 24M
  echo 1 >"$MEMORY$path/memory.oom.group"
  members=''
  for at in 1 2 3; do start "$path" "$(hex member-$at)" -l 1 && members="$members $pid"; done
  kill_many 5 10 4M crowd
  kill_one "$path" "$(hex leader)"
  for pid in $members; do ends "$pid"; done
  count "$path"
  count_all
  contexts=$CONTEXTS
fi
