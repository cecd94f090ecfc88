/**
 * Imports the archive on stdin where the kubelet's images are. With `--local` ctr does it itself:
 * containerd's transfer service refuses an archive whose layers are already there.
 */
export const IMPORT_IMAGES = 'ctr --namespace k8s.io images import --local --digests=false -';
