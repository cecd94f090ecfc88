at=40
for below in '/x,task_memcg=_kubepods_podfake,task=fake,pid=1,uid=0' '/with space) killed' '/café\back' \
  /system.slice/docker.service/init.scope; do
  scenario cgroup-name 1
  at=$((at + 1))
  path=$(burstable $at "$below")
  make_cgroup "$path" 8M
  kill_one "$path" "$(hex hog)"
done
