scenario child-only 1
path=$(burstable 2)
make_cgroup "$path" 16M
(
  enter "$path"
  start "$path" "$(hex worker)"
  expect $pid "$path" "$(hex worker)"
  ends $pid
) &
ends $!
count "$path"
