#!/bin/busybox sh
# The guest's first process: mounts the root disk, puts the kernel's modules into it, unpacks what the
# host has written for this start (a tar file as the third disk), and makes way for systemd.
set -eu

busybox mount -t devtmpfs dev /dev
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
for module in /modules/*; do busybox insmod "$module"; done

busybox mount -t ext4 /dev/vda /root
busybox mount -t ext4 -o ro /dev/vdb /root/usr/lib/modules
if [ -b /dev/vdc ] && ! [ -e /root/etc/kubernetes/pki ]; then busybox tar -xf /dev/vdc -C /root; fi

busybox umount /proc /sys
exec busybox switch_root /root /sbin/init
