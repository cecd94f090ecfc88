scenario no-killable 0
path=$(burstable 50)
make_cgroup "$path" 8M
start "$path" "$(hex spared)" -a -1000
until has_ooms "$path"; do sleep 0.02; done
kill -TERM $pid
ends $pid
count_all
sleep $WINDOW
contexts=0
