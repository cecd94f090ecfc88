# Names of processes: what would end a field, a line or a record, and what is no text.
for name in 612c7069643d312c7569643d30 782c7461736b3d79 666f6f2920746f74616c2d766d3a 6e65770a6c696e65 \
  6261636b5c736c617368 016301366869 c3bc6ec3af636f6465 6f6f6d2d6b696c6c3a636f6e737472 \
  4b696c6c65642070726f63657373 1b5b33316d7265647f 206c656164207370616365 2829 '' 3130302573256e2564 \
  2c676c6f62616c5f6f6f6d; do
  scenario "name-$name" 1
  make_cgroup "$(burstable 20)" 8M
  kill_one "$(burstable 20)" "$name"
done
