scenario mempolicy 1
path=$(burstable 71)
make_cgroup "$path"
kill_one "$path" "$(hex bound)" -a 900 -b 1
