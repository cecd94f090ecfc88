import { Command, Option } from 'commander';
import { flag, output, parseCount, parseListen, parseTime, toggle } from './cli-options.ts';
import { doctor, type DoctorOptions } from './commands/doctor.ts';
import {
  COLOR_CHOICES,
  explainLogs,
  type ExplainLogsOptions,
  EXPLANATION_FORMATS,
} from './commands/explain.ts';
import { replay, type ReplayOptions } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { completionCommand } from './completion/completion-command.ts';
import { RESULT_FORMATS } from './doctor/format-results.ts';
import type { Edge } from './edge.ts';
import { LOG_FORMATS, LOG_LEVELS } from './log.ts';
import { START_POINTS } from './recorder/decide-start.ts';
import { EVENT_FORMATS } from './outputs/event-printer.ts';
import { newProgram, runProgram } from './run-program.ts';
import type { AgentOptions } from './wiring/agent-options.ts';

/**
 * Parses the command line and runs the command; resolves to the exit code.
 *
 * @param argv as `process.argv`: the runtime, the script, then the arguments
 */
export async function runCli(argv: readonly string[], edge: Edge): Promise<number> {
  return runProgram(program(edge), argv, edge);
}

function program(edge: Edge): Command {
  const root = newProgram('oom-recorder', DESCRIPTION, edge);
  for (const command of [runCommand, replayCommand, explainCommand, doctorCommand])
    root.addCommand(command(edge).copyInheritedSettings(root));
  root.addCommand(completionCommand('oom-recorder', edge).copyInheritedSettings(root));
  return root;
}

function runCommand(edge: Edge): Command {
  return new Command('run')
    .description('watch the kernel log; post Events, or print them where there is no cluster')
    .addOption(flag('--kmsg <path>', KMSG).default('/dev/kmsg'))
    .addOption(flag('--node-name <name>', NODE_NAME))
    .addOption(flag('--kubeconfig [path]', KUBECONFIG))
    .addOption(toggle(edge, '--dry-run', 'print the Events even where there is a cluster'))
    .addOption(flag('--pods <file>', PODS))
    .addOption(output(EVENT_FORMATS))
    .addOption(flag('--node-events <on|off>', NODE_EVENTS).choices(['on', 'off']).default('on'))
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
    .addOption(flag('--start-at <point>', START_AT).choices(START_POINTS))
    .addOption(flag('--history-max <count>', HISTORY_MAX).default(10_000).argParser(parseCount))
    .addOption(flag('--log-level <level>', 'what to log').choices(LOG_LEVELS).default('info'))
    .addOption(flag('--log-format <format>', LOG_FORMAT).choices(LOG_FORMATS))
    .addOption(toggle(edge, '--trust-userspace-records', TRUST))
    .action((options: AgentOptions) => run(options, edge));
}

function replayCommand(edge: Edge): Command {
  return new Command('replay')
    .description('read saved kernel logs; print the Events they would have led to')
    .argument('<file...>', LOG_FILES)
    .addOption(flag('--node-name <name>', NODE_NAME))
    .addOption(flag('--pods <file>', PODS))
    .addOption(flag('--boot-time <time>', BOOT_TIME).argParser(parseTime))
    .addOption(output(EVENT_FORMATS))
    .addOption(toggle(edge, '--trust-userspace-records', TRUST))
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
  return command.action((options: DoctorOptions) => doctor(options, edge));
}

const UNCHECKED: ReadonlySet<string> = new Set([
  'pods',
  'node-events',
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
    .addOption(
      new Option('-o, --output <format>', 'how to explain')
        .env('OOM_RECORDER_EXPLAIN_OUTPUT')
        .choices(EXPLANATION_FORMATS)
        .default('text'),
    )
    .addOption(flag('--color <when>', COLOR).choices(COLOR_CHOICES).default('auto'))
    .addOption(toggle(edge, '--trust-userspace-records', TRUST))
    .action((files: readonly string[], options: ExplainLogsOptions) =>
      explainLogs(files, options, edge),
    );
}

const DESCRIPTION = 'Records every OOM kill of a Kubernetes node as an Event on what it hurt.';
const LOG_FILES = 'logs of dmesg, journalctl or syslog, /dev/kmsg, in any form; - is stdin';
const KMSG = 'the kernel log, or a file it was saved to';
const NODE_NAME = 'the Node this is about (default: $NODE_NAME, else the host’s name)';
const KUBECONFIG =
  'the cluster to post to; without a path kubectl’s: $KUBECONFIG, ~/.kube/config (default: the pod’s own)';
const PODS = 'pods from a file: kubectl get pods -A -o json (or yaml)';
const STATE_DIR = 'where the agent remembers what it has read and not yet posted';
const START_AT =
  'where to begin in a boot it has not read before (default: boot with a state directory, else now)';
const HISTORY_MAX = 'how many episodes to remember, for 30 days';
const LOG_FORMAT = 'how to log (default: text on a terminal, else json)';
const NODE_EVENTS = 'post Events on the Node; off where the kubelet’s are enough';
const CGROUP_ROOT = 'the host’s /sys/fs/cgroup: whose kills without context were';
const LISTEN = 'where /metrics, /healthz, /readyz and a page are shown, or none (default: :9095)';
const INFLUX_PASSWORD = 'holds its password (or $OOM_RECORDER_INFLUX_PASSWORD)';
const INFLUX_TOKEN = 'holds its token (or $OOM_RECORDER_INFLUX_TOKEN)';
const WEBHOOK_CA = 'the authority that is trusted there, instead of the usual ones (PEM)';
const TRUST = 'believe OOM lines that processes wrote to the log (for tests)';
const COLOR = 'colours: auto is on a terminal, where NO_COLOR is not set';
const BOOT_TIME = 'when the logged system booted, RFC 3339, where the log tells no dates';
