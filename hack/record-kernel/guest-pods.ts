/** More than the guest has. */
const PODS = 130;
const DIGITS = 12;

/** The pods of `burstable NUMBER` in guest/lib.sh, as `kubectl get pods -o json` would print them. */
export function guestPods(): object {
  return { apiVersion: 'v1', kind: 'List', items: Array.from({ length: PODS }, (_, n) => aPod(n)) };
}

function aPod(number: number): object {
  const digits = `${number}`.padStart(DIGITS, '0');
  const containerID = `containerd://9f02d9fa0049eb2655fc83c765f142362b2cb403b57b70ba3185${digits}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'recorded',
      name: `pod-${number}`,
      uid: `44444444-0000-4000-8000-${digits}`,
    },
    spec: { containers: [{ name: 'app' }] },
    status: { phase: 'Running', containerStatuses: [{ name: 'app', containerID }] },
  };
}
