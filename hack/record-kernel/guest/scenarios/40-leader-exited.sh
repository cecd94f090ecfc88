scenario leader-exited 1
path=$(burstable 60)
make_cgroup "$path" 16M
start "$path" "$(hex threads)" -t
ends $pid
count "$path"
count_all
