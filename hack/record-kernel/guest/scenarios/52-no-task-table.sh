scenario no-task-table 1
echo 0 >/proc/sys/vm/oom_dump_tasks
make_cgroup "$(burstable 66)" 8M
kill_one "$(burstable 66)" "$(hex hog)"
echo 1 >/proc/sys/vm/oom_dump_tasks
