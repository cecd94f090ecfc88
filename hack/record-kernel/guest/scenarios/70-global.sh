scenario global 1
path=$(burstable 72)
make_cgroup "$path"
kill_one "$path" "$(hex globalhog)" -a 900

scenario global-host-unit 1
make_cgroup /system.slice/batch.service
kill_one /system.slice/batch.service "$(hex batch)" -a 900

scenario global-allocating-task 1
echo 1 >/proc/sys/vm/oom_kill_allocating_task
path=$(burstable 73)
make_cgroup "$path"
kill_one "$path" "$(hex taker)" -a 900
echo 0 >/proc/sys/vm/oom_kill_allocating_task
