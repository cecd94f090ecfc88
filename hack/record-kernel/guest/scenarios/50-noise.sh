scenario noise 2
/record/eat -w 'noise of another processor' &
noise=$!
for at in 62 63; do
  make_cgroup "$(burstable $at)" 8M
  kill_one "$(burstable $at)" "$(hex noisy)"
done
kill -TERM $noise
wait $noise || :
