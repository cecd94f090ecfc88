import { Command } from 'commander';
import {
  color,
  explanationFormat,
  flag,
  output,
  parseCount,
  parseListen,
  parseTime,
  toggle,
} from './cli-options.ts';
import { historyCommand } from './cli-history.ts';
import {
  DESCRIPTION,
  BOOT_TIME,
  CGROUP_ROOT,
  CONFIRM,
  DOCTOR_EXAMPLES,
  EXPLAIN_EXAMPLES,
  HISTORY_MAX,
  INFLUX_PASSWORD,
  INFLUX_TOKEN,
  KMSG,
  KUBECONFIG,
  LISTEN,
  LISTEN_TLS,
  LOG_FILES,
  LOG_FORMAT,
  MAX_EVENTS,
  METRICS_TOKEN,
  NAMESPACES,
  NODE_EVENTS,
  NODE_NAME,
  PODS,
  REPLAY_EXAMPLES,
  RUN_EXAMPLES,
  START_AT,
  STATE_DIR,
  STATE_OPTIONAL,
  SOURCE,
  TRACEFS_INSTANCE,
  TRACEFS_ROOT,
  TRUST,
  WEBHOOK_CA,
} from './cli-texts.ts';
import { doctor, type DoctorOptions } from './commands/doctor.ts';
import { explainLogs, type ExplainLogsOptions } from './commands/explain.ts';
import { replay, type ReplayOptions } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { completionCommand } from './completion/completion-command.ts';
import { RESULT_FORMATS } from './doctor/format-results.ts';
import type { Edge } from './edge.ts';
import { examples } from './help-examples.ts';
import { LOG_FORMATS, LOG_LEVELS } from './log.ts';
import { parseNamespaces } from './parse-namespace.ts';
import { START_POINTS } from './recorder/decide-start.ts';
import { EVENT_FORMATS } from './outputs/event-printer.ts';
import { newProgram, runProgram } from './run-program.ts';
import { type AgentOptions, SOURCES } from './wiring/agent-options.ts';

/** Runs the command line of `oom-recorder`, as {@link runProgram} does. */
export async function runCli(argv: readonly string[], edge: Edge): Promise<number> {
  return runProgram(program(edge), argv, edge);
}

function program(edge: Edge): Command {
  const root = newProgram('oom-recorder', DESCRIPTION, edge).enablePositionalOptions();
  const commands = [
    ...COMMANDS.map((build) => build(edge)),
    completionCommand('oom-recorder', edge),
  ];
  for (const command of commands) {
    for (const each of [command, ...command.commands]) each.copyInheritedSettings(root);
    root.addCommand(command);
  }
  return root;
}

const COMMANDS = [runCommand, replayCommand, explainCommand, historyCommand, doctorCommand];

function runCommand(edge: Edge): Command {
  return new Command('run')
    .description('watch the kernel log; post Events, or print them where there is no cluster')
    .addOption(flag('--source <source>', SOURCE).choices(SOURCES).default('kmsg'))
    .addOption(flag('--kmsg <path>', KMSG).default('/dev/kmsg'))
    .addOption(flag('--node-name <name>', NODE_NAME))
    .addOption(flag('--kubeconfig [path]', KUBECONFIG))
    .addOption(toggle(edge, '--dry-run', 'print the Events even where there is a cluster'))
    .addOption(flag('--pods <file>', PODS))
    .addOption(output(EVENT_FORMATS, 'how to print Events; ndjson is one a line'))
    .addOption(flag('--node-events <on|off>', NODE_EVENTS).choices(['on', 'off']).default('on'))
    .addOption(flag('--max-events-per-minute <count>', MAX_EVENTS).argParser(parseCount))
    .addOption(flag('--namespaces <names>', NAMESPACES).argParser(parseNamespaces))
    .addOption(
      flag('--exclude-namespaces <names>', 'post about all but their Pods')
        .argParser(parseNamespaces)
        .conflicts('namespaces'),
    )
    .addOption(flag('--proc-root <path>', 'the host’s /proc').default('/proc'))
    .addOption(flag('--cgroup-root <path>', CGROUP_ROOT).default('/sys/fs/cgroup'))
    .addOption(flag('--confirm <source>', CONFIRM).choices(['tracefs']).conflicts('source'))
    .addOption(flag('--tracefs-root <path>', TRACEFS_ROOT).default('/sys/kernel/tracing'))
    .addOption(flag('--tracefs-instance <path>', TRACEFS_INSTANCE))
    .addOption(flag('--listen <address>', LISTEN).argParser(parseListen))
    .addOption(flag('--listen-tls-cert <path>', LISTEN_TLS))
    .addOption(flag('--listen-tls-key <path>', 'the private key of that certificate (PEM)'))
    .addOption(toggle(edge, '--metrics-require-token', METRICS_TOKEN))
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
  'max-events-per-minute',
  'namespaces',
  'exclude-namespaces',
  'listen-tls-cert',
  'listen-tls-key',
  'metrics-require-token',
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
