scenario cpuset 1
path=$(burstable 70)
make_cgroup "$path"
make_cpuset "$path" 1
(
  enter "$path"
  echo 0 >"$CPUSET$path/cgroup.procs"
  exec /record/eat -n "$(hex onenode)" -a 900
) &
expect $! "$path" "$(hex onenode)"
ends $!
count_all
