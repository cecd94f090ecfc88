scenario pod-limit 1
path=$(burstable 1)
make_cgroup "$path"
make_cgroup "${path%/*}" 24M
kill_one "$path" "$(hex podhog)"
count "${path%/*}"
