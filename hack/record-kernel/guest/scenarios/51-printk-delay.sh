scenario printk-delay 2
echo 4 >/proc/sys/kernel/printk_delay
kill_many 64 2 8M slow
echo 0 >/proc/sys/kernel/printk_delay
