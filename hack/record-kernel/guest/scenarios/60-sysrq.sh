scenario sysrq 1
path=$(burstable 67)
make_cgroup "$path"
start "$path" "$(hex idle)" -a 900 -l 8
expect $pid "$path" "$(hex idle)"
sleep 1
echo f >/proc/sysrq-trigger
ends $pid
count_all
