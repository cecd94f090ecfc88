import { Command } from 'commander';
import {
  color,
  explanationFormat,
  flag,
  output,
  parseCount,
  parseId,
  parseListen,
  parseTime,
  sinceParser,
  toggle,
} from './cli-options.ts';
import * as texts from './cli-texts.ts';
import { doctor, type DoctorOptions } from './commands/doctor.ts';
import { explainLogs, type ExplainLogsOptions } from './commands/explain.ts';
import {
  type EpisodeName,
  history,
  type HistoryOptions,
  showEpisode,
  type ShowOptions,
} from './commands/history.ts';
import { replay, type ReplayOptions } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { completionCommand } from './completion/completion-command.ts';
import { RESULT_FORMATS } from './doctor/format-results.ts';
import type { Edge } from './edge.ts';
import { examples } from './help-examples.ts';
import { LOG_FORMATS, LOG_LEVELS } from './log.ts';
import { parseNamespace, parseNamespaces } from './parse-namespace.ts';
import { START_POINTS } from './recorder/decide-start.ts';
import { EVENT_FORMATS } from './outputs/event-printer.ts';
import { newProgram, runProgram } from './run-program.ts';
import { type AgentOptions, SOURCES } from './wiring/agent-options.ts';

/** Runs the command line of `oom-recorder`, as {@link runProgram} does. */
export async function runCli(argv: readonly string[], edge: Edge): Promise<number> {
  return runProgram(program(edge), argv, edge);
}

function program(edge: Edge): Command {
  const root = newProgram('oom-recorder', texts.DESCRIPTION, edge).enablePositionalOptions();
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
    .addOption(flag('--source <source>', texts.SOURCE).choices(SOURCES).default('kmsg'))
    .addOption(flag('--kmsg <path>', texts.KMSG).default('/dev/kmsg'))
    .addOption(flag('--node-name <name>', texts.NODE_NAME))
    .addOption(flag('--kubeconfig [path]', texts.KUBECONFIG))
    .addOption(toggle(edge, '--dry-run', 'print the Events even where there is a cluster'))
    .addOption(flag('--pods <file>', texts.PODS))
    .addOption(output(EVENT_FORMATS, 'how to print Events; ndjson is one a line'))
    .addOption(
      flag('--node-events <on|off>', texts.NODE_EVENTS).choices(['on', 'off']).default('on'),
    )
    .addOption(flag('--max-events-per-minute <count>', texts.MAX_EVENTS).argParser(parseCount))
    .addOption(flag('--namespaces <names>', texts.NAMESPACES).argParser(parseNamespaces))
    .addOption(
      flag('--exclude-namespaces <names>', 'post about all but their Pods')
        .argParser(parseNamespaces)
        .conflicts('namespaces'),
    )
    .addOption(flag('--proc-root <path>', 'the host’s /proc').default('/proc'))
    .addOption(flag('--cgroup-root <path>', texts.CGROUP_ROOT).default('/sys/fs/cgroup'))
    .addOption(flag('--confirm <source>', texts.CONFIRM).choices(['tracefs']).conflicts('source'))
    .addOption(flag('--tracefs-root <path>', texts.TRACEFS_ROOT).default('/sys/kernel/tracing'))
    .addOption(flag('--tracefs-instance <path>', texts.TRACEFS_INSTANCE))
    .addOption(flag('--listen <address>', texts.LISTEN).argParser(parseListen))
    .addOption(flag('--listen-tls-cert <path>', texts.LISTEN_TLS))
    .addOption(flag('--listen-tls-key <path>', 'the private key of that certificate (PEM)'))
    .addOption(toggle(edge, '--metrics-require-token', texts.METRICS_TOKEN))
    .addOption(flag('--influx-url <url>', 'write a point for each kill to this InfluxDB'))
    .addOption(flag('--influx-database <name>', 'its database (version 1)'))
    .addOption(flag('--influx-user <name>', 'its user (version 1)'))
    .addOption(flag('--influx-password-file <path>', texts.INFLUX_PASSWORD))
    .addOption(flag('--influx-bucket <name>', 'its bucket (version 2)'))
    .addOption(flag('--influx-org <name>', 'its organization (version 2)'))
    .addOption(flag('--influx-token-file <path>', texts.INFLUX_TOKEN))
    .addOption(flag('--webhook-url <url>', 'post each kill as JSON to this URL'))
    .addOption(flag('--webhook-secret-file <path>', 'holds the secret that signs each request'))
    .addOption(flag('--webhook-ca-file <path>', texts.WEBHOOK_CA))
    .addOption(toggle(edge, '--webhook-task-tables', 'post the kernel’s tables of tasks, too'))
    .addOption(flag('--state-dir <directory>', texts.STATE_DIR))
    .addOption(toggle(edge, '--state-optional', texts.STATE_OPTIONAL))
    .addOption(flag('--start-at <point>', texts.START_AT).choices(START_POINTS))
    .addOption(
      flag('--history-max <count>', texts.HISTORY_MAX).default(10_000).argParser(parseCount),
    )
    .addOption(flag('--log-level <level>', 'what to log').choices(LOG_LEVELS).default('info'))
    .addOption(flag('--log-format <format>', texts.LOG_FORMAT).choices(LOG_FORMATS))
    .addOption(toggle(edge, '--trust-userspace-records', texts.TRUST))
    .addHelpText('after', examples(texts.RUN_EXAMPLES))
    .action((options: AgentOptions) => run(options, edge));
}

function replayCommand(edge: Edge): Command {
  return new Command('replay')
    .description('read saved kernel logs; print the Events they would have led to')
    .argument('<file...>', texts.LOG_FILES)
    .addOption(flag('--node-name <name>', texts.NODE_NAME))
    .addOption(flag('--pods <file>', texts.PODS))
    .addOption(flag('--boot-time <time>', texts.BOOT_TIME).argParser(parseTime))
    .addOption(
      output(EVENT_FORMATS, 'how to print Events; ndjson is an episode a line, with them in it'),
    )
    .addOption(toggle(edge, '--trust-userspace-records', texts.TRUST))
    .addHelpText('after', examples(texts.REPLAY_EXAMPLES))
    .action((files: readonly string[], options: ReplayOptions) => replay(files, options, edge));
}

/** `history`, and `history show`. */
function historyCommand(edge: Edge): Command {
  const list = new Command('history')
    .description('print the OOM kills that this node’s agent has recorded, the newest last')
    .addOption(
      flag('-n, --namespace <name>', 'only those of pods in this namespace').argParser(
        parseNamespace,
      ),
    )
    .addOption(flag('--pod <name>', 'only those of pods of this name'))
    .addOption(flag('--container <name>', 'only those of containers of this name'))
    .addOption(flag('--since <time>', texts.SINCE).argParser(sinceParser(edge)))
    .addOption(flag('--limit <count>', 'only the newest (default: all)').argParser(parseCount))
    .addOption(flag('--node-name <name>', texts.NODE_NAME))
    .addOption(flag('--state-dir <directory>', texts.OF_AGENT).default('/var/lib/oom-recorder'))
    .addOption(output(EVENT_FORMATS, 'how to print them; ndjson is an episode a line'))
    .addHelpText('after', examples(texts.HISTORY_EXAMPLES))
    .action((options: HistoryOptions) => history(options, edge));
  const show = new Command('show')
    .description('explain one of them: what happened and what to do')
    .argument('<id>', 'as history prints it; the boot’s part may be cut or left out', parseId)
    .addOption(flag('--state-dir <directory>', `${texts.OF_AGENT} (default: as for history)`))
    .addOption(explanationFormat())
    .addOption(color())
    .addHelpText('after', examples(texts.SHOW_EXAMPLES))
    .action((id: EpisodeName, options: ShowOptions) =>
      showEpisode(id, { ...list.opts<HistoryOptions>(), ...options }, edge),
    );
  return list.addCommand(show);
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
  command.addHelpText('after', examples(texts.DOCTOR_EXAMPLES));
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
    .argument('<file...>', texts.LOG_FILES)
    .addOption(flag('--pods <file>', texts.PODS))
    .addOption(flag('--boot-time <time>', texts.BOOT_TIME).argParser(parseTime))
    .addOption(explanationFormat())
    .addOption(color())
    .addOption(toggle(edge, '--trust-userspace-records', texts.TRUST))
    .addHelpText('after', examples(texts.EXPLAIN_EXAMPLES))
    .action((files: readonly string[], options: ExplainLogsOptions) =>
      explainLogs(files, options, edge),
    );
}
