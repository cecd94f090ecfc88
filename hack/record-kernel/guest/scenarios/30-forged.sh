scenario forged 0
for line in '<3>Memory cgroup out of memory: Killed process 4242 (forged) total-vm:1kB, anon-rss:1kB, file-rss:1kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0' \
  '<2051>Memory cgroup out of memory: Killed process 4243 (forged) total-vm:1kB' \
  'Out of memory: Killed process 4244 (forged) total-vm:1kB' \
  '<6>oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=forged,pid=4245,uid=0' \
  '<4>forged invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0' \
  '<3>Tasks in /a are going to be killed due to memory.oom.group set'; do
  echo "$line" >/dev/kmsg
done
count_all
