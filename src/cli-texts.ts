/** What `--help` says of arguments and flags that several commands have, or that need a line of their own. */
export const DESCRIPTION =
  'Records every OOM kill of a Kubernetes node as an Event on what it hurt.';
export const LOG_FILES = 'logs of dmesg, journalctl or syslog, /dev/kmsg, in any form; - is stdin';
export const KMSG = 'the kernel log, or a file it was saved to';
export const NODE_NAME = 'the Node this is about (default: $NODE_NAME, else the host’s name)';
export const KUBECONFIG =
  'the cluster to post to; without a path kubectl’s: $KUBECONFIG, ~/.kube/config (default: the pod’s own)';
export const PODS = 'pods from a file: kubectl get pods -A -o json (or yaml)';
export const STATE_DIR = 'where the agent remembers what it has read and not yet posted';
export const STATE_OPTIONAL =
  'record in memory where the state directory can never work, instead of ending';
export const OF_AGENT = 'where the agent keeps its state';
export const SINCE = 'only kills since then: so long ago (90m, 24h, 7d), a date (UTC), or RFC 3339';
export const START_AT =
  'where to begin in a boot it has not read before (default: boot with a state directory, else now)';
export const HISTORY_MAX = 'how many episodes to remember, for 30 days';
export const LOG_FORMAT = 'how to log (default: text on a terminal, else json)';
export const MAX_EVENTS =
  'how many Events to create and patch in a minute; what is beyond is summed (default: any number)';
export const NODE_EVENTS = 'post Events on the Node; off where the kubelet’s are enough';
export const NAMESPACES = 'post about Pods of these alone, a,b; history and metrics have all';
export const CGROUP_ROOT = 'the host’s /sys/fs/cgroup: whose kills without context were';
export const CONFIRM =
  'a second source beside the log, which names the kills that the log lost: the tracepoint oom:mark_victim';
export const TRACEFS_ROOT = 'where the host’s tracefs is mounted, writable';
export const SOURCE =
  'what tells of kills: the kernel log, or without it the tracepoint oom:mark_victim, which needs no privilege';
export const TRACEFS_INSTANCE =
  'an instance in it for the agent alone, which stays, instead of one that it makes and removes';
export const LISTEN =
  'where /metrics, /healthz, /readyz, a page and /api/v1/episodes are shown, or none (default: :9095)';
export const LISTEN_TLS =
  'speak TLS there, with this certificate and those that lead to its authority (PEM); read anew when replaced';
export const METRICS_TOKEN =
  'show /metrics to bearer tokens of users that may get it, and to this host, instead of everybody';
export const INFLUX_PASSWORD = 'holds its password (or $OOM_RECORDER_INFLUX_PASSWORD)';
export const INFLUX_TOKEN = 'holds its token (or $OOM_RECORDER_INFLUX_TOKEN)';
export const WEBHOOK_CA = 'the authority that is trusted there, instead of the usual ones (PEM)';
export const TRUST = 'believe OOM lines that processes wrote to the log (for tests)';
export const BOOT_TIME = 'when the logged system booted, RFC 3339, where the log tells no dates';

export const RUN_EXAMPLES = {
  'oom-recorder run': 'print an Event for every OOM kill from now on',
  'oom-recorder run --start-at=boot -o wide': 'and for those since boot that the log still has',
  'oom-recorder run --kubeconfig --node-name=node-1 --state-dir=/var/lib/oom-recorder':
    'post them to kubectl’s cluster, each once, whatever restarts',
};
export const REPLAY_EXAMPLES = {
  'dmesg | oom-recorder replay -': 'the OOM kills of this boot as Events',
  'oom-recorder replay /var/log/kern.log* --pods=pods.json':
    'of a saved log, with the names of kubectl get pods -A -o json',
};
export const EXPLAIN_EXAMPLES = {
  'journalctl -k -o json | oom-recorder explain -': 'who used the memory, and what to do',
  'oom-recorder explain -o markdown node-1.dmesg > ticket.md': 'the same for a ticket',
};
export const HISTORY_EXAMPLES = {
  'oom-recorder history --since=24h -n shop': 'the kills of a day in one namespace',
  'oom-recorder history show 1000': 'who used the memory, and what to do',
};
export const SHOW_EXAMPLES = {
  'oom-recorder history show 1000': 'by the record’s number, where no other boot has it',
  'oom-recorder history show e5175470-1000 -o markdown': 'of one boot, for a ticket',
};
export const DOCTOR_EXAMPLES = {
  'oom-recorder doctor': 'what is missing to print Events here',
  'oom-recorder doctor --kubeconfig --node-name=node-1 -o json': 'and to post them, for a script',
};
