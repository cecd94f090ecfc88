import { Command } from 'commander';
import {
  color,
  explanationFormat,
  flag,
  output,
  parseCount,
  parseId,
  sinceParser,
} from './cli-options.ts';
import { HISTORY_EXAMPLES, NODE_NAME, OF_AGENT, SHOW_EXAMPLES, SINCE } from './cli-texts.ts';
import {
  type EpisodeName,
  history,
  type HistoryOptions,
  showEpisode,
  type ShowOptions,
} from './commands/history.ts';
import type { Edge } from './edge.ts';
import { examples } from './help-examples.ts';
import { EVENT_FORMATS } from './outputs/event-printer.ts';
import { parseNamespace } from './parse-namespace.ts';

/** `history`, and `history show`. */
export function historyCommand(edge: Edge): Command {
  const list = new Command('history')
    .description('print the OOM kills that this node’s agent has recorded, the newest last')
    .addOption(
      flag('-n, --namespace <name>', 'only those of pods in this namespace').argParser(
        parseNamespace,
      ),
    )
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
    .argument('<id>', 'as history prints it; the boot’s part may be cut or left out', parseId)
    .addOption(flag('--state-dir <directory>', `${OF_AGENT} (default: as for history)`))
    .addOption(explanationFormat())
    .addOption(color())
    .addHelpText('after', examples(SHOW_EXAMPLES))
    .action((id: EpisodeName, options: ShowOptions) =>
      showEpisode(id, { ...list.opts<HistoryOptions>(), ...options }, edge),
    );
  return list.addCommand(show);
}
