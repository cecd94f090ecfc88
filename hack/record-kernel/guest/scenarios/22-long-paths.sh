at=80
part=$(printf %0100d 0)
for parts in '7' '1 2 3 4 5 6 7 8 9 10'; do
  scenario long-path 1
  at=$((at + 1))
  path=$(burstable $at)
  for number in $parts; do path=$path/$part$number; done
  make_cgroup "$path" 8M
  kill_one "$path" "$(hex deep)"
done
# Where another kubelet's node is a pod.
scenario nested 1
path=$(burstable 83)/${KIND#/docker/*/}-pod7d3a1f2e_0b4c_4d5e_8f60_123456789abd.slice/cri-containerd-$(container 906).scope
make_cgroup "$path" 8M
kill_one "$path" "$(hex inner)"
