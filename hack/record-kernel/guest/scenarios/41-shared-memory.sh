scenario shared-memory 1
path=$(burstable 61)
make_cgroup "$path" 16M
start "$path" "$(hex sharing)" -s
ends $pid
count "$path"
count_all
