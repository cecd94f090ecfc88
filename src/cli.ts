import { Command, CommanderError } from 'commander';
import {
  color,
  examples,
  explanationFormat,
  flag,
  output,
  parseCount,
  parseListen,
  parseNamespaces,
  parseTime,
  sinceParser,
  toggle,
} from './cli-options.ts';
import { doctor, type DoctorOptions } from './commands/doctor.ts';
import { explainLogs, type ExplainLogsOptions } from './commands/explain.ts';
import { history, type HistoryOptions, showEpisode, type ShowOptions } from './commands/history.ts';
import { replay, type ReplayOptions } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { RESULT_FORMATS } from './doctor/format-results.ts';
import type { Edge } from './edge.ts';
import { explainError, RecorderError } from './errors.ts';
import { LOG_FORMATS, LOG_LEVELS } from './log.ts';
import { START_POINTS } from './recorder/decide-start.ts';
import { EVENT_FORMATS } from './outputs/event-printer.ts';
import { FULL_VERSION } from './version.ts';
import type { AgentOptions } from './wiring/agent-options.ts';

/** Exit codes that scripts can use. */
const FINE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

/**
 * Parses the command line and runs the command; resolves to the exit code.
 *
 * @param argv as `process.argv`: the runtime, the script, then the arguments
 */
export async function runCli(argv: readonly string[], edge: Edge): Promise<number> {
  try {
    await program(edge).parseAsync(argv, { from: 'node' });
    return FINE;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? FINE : WRONG_USAGE;
    edge.printError(`${explainError(error)}\n`);
    return error instanceof RecorderError && error.isUsage ? WRONG_USAGE : FAILED;
  }
}

function program(edge: Edge): Command {
  const root = new Command('oom-recorder')
    .description('Records every OOM kill of a Kubernetes node as an Event on what it hurt.')
    .version(FULL_VERSION)
    .configureOutput({ writeOut: edge.print, writeErr: edge.printError })
    .enablePositionalOptions()
    .exitOverride();
  for (const build of COMMANDS) {
    const command = build(edge);
    for (const each of [command, ...command.commands]) each.copyInheritedSettings(root);
    root.addCommand(command);
  }
  return root;
}

const COMMANDS = [runCommand, replayCommand, explainCommand, historyCommand, doctorCommand];

function runCommand(edge: Edge): Command {
  return new Command('run')
    .description('watch the kernel log; post Events, or print them where there is no cluster')
    .addOption(flag('--kmsg <path>', KMSG).default('/dev/kmsg'))
    .addOption(flag('--node-name <name>', NODE_NAME))
    .addOption(flag('--kubeconfig [path]', KUBECONFIG))
    .addOption(toggle(edge, '--dry-run', 'print the Events even where there is a cluster'))
    .addOption(flag('--pods <file>', PODS))
    .addOption(output(EVENT_FORMATS, 'how to print Events; ndjson is one a line'))
    .addOption(flag('--node-events <on|off>', NODE_EVENTS).choices(['on', 'off']).default('on'))
    .addOption(flag('--namespaces <names>', NAMESPACES).argParser(parseNamespaces))
    .addOption(
      flag('--exclude-namespaces <names>', 'post about all but their Pods')
        .argParser(parseNamespaces)
        .conflicts('namespaces'),
    )
    .addOption(flag('--proc-root <path>', 'the host’s /proc').default('/proc'))
    .addOption(flag('--cgroup-root <path>', CGROUP_ROOT).default('/sys/fs/cgroup'))
    .addOption(flag('--listen <address>', LISTEN).argParser(parseListen))
    .addOption(flag('--influx-url <url>', 'write a point for each kill to this InfluxDB'))
    .addOption(flag('--influx-database <name>', 'its database (version 1)'))
    .addOption(flag('--influx-user <name>', 'its user (version 1)'))
    .addOption(flag('--influx-password-file <path>', INFLUX_PASSWORD))
    .addOption(flag('--influx-bucket <name>', 'its bucket (version 2)'))
    .addOption(flag('--influx-org <name>', 'its organization (version 2)'))
    .addOption(flag('--influx-token-file <path>', INFLUX_TOKEN))
    .addOption(flag('--webhook-url <url>', 'post each kill as JSON to this URL'))
    .addOption(flag('--webhook-secret-file <path>', 'holds the secret that signs each request'))
    .addOption(flag('--webhook-ca-file <path>', WEBHOOK_CA))
    .addOption(toggle(edge, '--webhook-task-tables', 'post the kernel’s tables of tasks, too'))
    .addOption(flag('--state-dir <directory>', STATE_DIR))
    .addOption(toggle(edge, '--state-optional', STATE_OPTIONAL))
    .addOption(flag('--start-at <point>', START_AT).choices(START_POINTS))
    .addOption(flag('--history-max <count>', HISTORY_MAX).default(10_000).argParser(parseCount))
    .addOption(flag('--log-level <level>', 'what to log').choices(LOG_LEVELS).default('info'))
    .addOption(flag('--log-format <format>', LOG_FORMAT).choices(LOG_FORMATS))
    .addOption(toggle(edge, '--trust-userspace-records', TRUST))
    .addHelpText('after', examples(RUN_EXAMPLES))
    .action((options: AgentOptions) => run(options, edge));
}

function replayCommand(edge: Edge): Command {
  return new Command('replay')
    .description('read saved kernel logs; print the Events they would have led to')
    .argument('<file...>', LOG_FILES)
    .addOption(flag('--node-name <name>', NODE_NAME))
    .addOption(flag('--pods <file>', PODS))
    .addOption(flag('--boot-time <time>', BOOT_TIME).argParser(parseTime))
    .addOption(
      output(EVENT_FORMATS, 'how to print Events; ndjson is an episode a line, with them in it'),
    )
    .addOption(toggle(edge, '--trust-userspace-records', TRUST))
    .addHelpText('after', examples(REPLAY_EXAMPLES))
    .action((files: readonly string[], options: ReplayOptions) => replay(files, options, edge));
}

/** Takes whatever `run` takes, so that the arguments of a DaemonSet can be given as they are; shows what matters. */
function doctorCommand(edge: Edge): Command {
  const command = new Command('doctor')
    .description('check everything run needs, and say how to mend what is missing')
    .addOption(output(RESULT_FORMATS, 'how to print what was found'));
  for (const option of runCommand(edge).options) {
    if (option.attributeName() === 'output') continue;
    command.addOption(UNCHECKED.has(option.name()) ? option.hideHelp() : option);
  }
  command.addHelpText('after', examples(DOCTOR_EXAMPLES));
  return command.action((options: DoctorOptions) => doctor(options, edge));
}

const UNCHECKED: ReadonlySet<string> = new Set([
  'pods',
  'node-events',
  'namespaces',
  'exclude-namespaces',
  'listen',
  'start-at',
  'log-level',
  'log-format',
  'trust-userspace-records',
]);

function explainCommand(edge: Edge): Command {
  return new Command('explain')
    .description('read saved kernel logs; say of each OOM kill what happened and what to do')
    .argument('<file...>', LOG_FILES)
    .addOption(flag('--pods <file>', PODS))
    .addOption(flag('--boot-time <time>', BOOT_TIME).argParser(parseTime))
    .addOption(explanationFormat())
    .addOption(color())
    .addOption(toggle(edge, '--trust-userspace-records', TRUST))
    .addHelpText('after', examples(EXPLAIN_EXAMPLES))
    .action((files: readonly string[], options: ExplainLogsOptions) =>
      explainLogs(files, options, edge),
    );
}

function historyCommand(edge: Edge): Command {
  const list = new Command('history')
    .description('print the OOM kills that this node’s agent has recorded, the newest last')
    .addOption(flag('-n, --namespace <name>', 'only those of pods in this namespace'))
    .addOption(flag('--pod <name>', 'only those of pods of this name'))
    .addOption(flag('--container <name>', 'only those of containers of this name'))
    .addOption(flag('--since <time>', SINCE).argParser(sinceParser(edge)))
    .addOption(flag('--limit <count>', 'only the newest (default: all)').argParser(parseCount))
    .addOption(flag('--node-name <name>', NODE_NAME))
    .addOption(flag('--state-dir <directory>', OF_AGENT).default('/var/lib/oom-recorder'))
    .addOption(output(EVENT_FORMATS, 'how to print them; ndjson is an episode a line'))
    .addHelpText('after', examples(HISTORY_EXAMPLES))
    .action((options: HistoryOptions) => history(options, edge));
  const show = new Command('show')
    .description('explain one of them: what happened and what to do')
    .argument('<id>', 'as history prints it; the boot’s part may be cut or left out')
    .addOption(flag('--state-dir <directory>', OF_AGENT))
    .addOption(explanationFormat())
    .addOption(color())
    .action((id: string, options: ShowOptions) =>
      showEpisode(id, { ...list.opts<HistoryOptions>(), ...options }, edge),
    );
  return list.addCommand(show);
}

const LOG_FILES = 'logs of dmesg, journalctl or syslog, /dev/kmsg, in any form; - is stdin';
const KMSG = 'the kernel log, or a file it was saved to';
const NODE_NAME = 'the Node this is about (default: $NODE_NAME, else the host’s name)';
const KUBECONFIG =
  'the cluster to post to; without a path kubectl’s: $KUBECONFIG, ~/.kube/config (default: the pod’s own)';
const PODS = 'pods from a file: kubectl get pods -A -o json (or yaml)';
const STATE_DIR = 'where the agent remembers what it has read and not yet posted';
const STATE_OPTIONAL =
  'record in memory where the state directory can never work, instead of ending';
const OF_AGENT = 'where the agent keeps its state';
const SINCE = 'only kills since then: so long ago (90m, 24h, 7d), or RFC 3339';
const START_AT =
  'where to begin in a boot it has not read before (default: boot with a state directory, else now)';
const HISTORY_MAX = 'how many episodes to remember, for 30 days';
const LOG_FORMAT = 'how to log (default: text on a terminal, else json)';
const NODE_EVENTS = 'post Events on the Node; off where the kubelet’s are enough';
const NAMESPACES = 'post about Pods of these alone, a,b; history and metrics have all';
const CGROUP_ROOT = 'the host’s /sys/fs/cgroup: whose kills without context were';
const LISTEN =
  'where /metrics, /healthz, /readyz, a page and /api/v1/episodes are shown, or none (default: :9095)';
const INFLUX_PASSWORD = 'holds its password (or $OOM_RECORDER_INFLUX_PASSWORD)';
const INFLUX_TOKEN = 'holds its token (or $OOM_RECORDER_INFLUX_TOKEN)';
const WEBHOOK_CA = 'the authority that is trusted there, instead of the usual ones (PEM)';
const TRUST = 'believe OOM lines that processes wrote to the log (for tests)';
const BOOT_TIME = 'when the logged system booted, RFC 3339, where the log tells no dates';

const RUN_EXAMPLES = {
  'oom-recorder run': 'print an Event for every OOM kill from now on',
  'oom-recorder run --start-at=boot -o wide': 'and for those since boot that the log still has',
  'oom-recorder run --kubeconfig --node-name=node-1 --state-dir=/var/lib/oom-recorder':
    'post them to kubectl’s cluster, each once, whatever restarts',
};
const REPLAY_EXAMPLES = {
  'dmesg | oom-recorder replay -': 'the OOM kills of this boot as Events',
  'oom-recorder replay /var/log/kern.log* --pods=pods.json':
    'of a saved log, with the names of kubectl get pods -A -o json',
};
const EXPLAIN_EXAMPLES = {
  'journalctl -k -o json | oom-recorder explain -': 'who used the memory, and what to do',
  'oom-recorder explain -o markdown node-1.dmesg > ticket.md': 'the same for a ticket',
};
const HISTORY_EXAMPLES = {
  'oom-recorder history --since=24h -n shop': 'the kills of a day in one namespace',
  'oom-recorder history show 1000': 'who used the memory, and what to do',
};
const DOCTOR_EXAMPLES = {
  'oom-recorder doctor': 'what is missing to print Events here',
  'oom-recorder doctor --kubeconfig --node-name=node-1 -o json': 'and to post them, for a script',
};
