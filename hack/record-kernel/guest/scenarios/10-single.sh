single() { # NAME PATH
  scenario "$1" 1
  make_cgroup "$2" 16M
  kill_one "$2" "$(hex hog)"
}

single systemd $SLICES-poddfc377c9_c533_4d51_af9e_6e0e0b3db83b.slice/cri-containerd-$(container 901).scope
single static-pod $SLICES-pod0cc175b9c0f1b6a831c399e269772661.slice/cri-containerd-$(container 902).scope
single crio /kubepods.slice/kubepods-podc8f0b1a2_1111_4222_8333_944445555666.slice/crio-$(container 903).scope
single kind $KIND-pod7d3a1f2e_0b4c_4d5e_8f60_123456789abc.slice/cri-containerd-$(container 904).scope
single cgroupfs /kubepods/besteffort/podd11ab7b0-d6db-4a24-a7de-4a2faf1e6980/$(container 905)
single host-unit /system.slice/postgresql.service
