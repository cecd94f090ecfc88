import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { kubectlOom, type KubectlOomOptions } from './commands/kubectl-oom.ts';
import { completionCommand } from './completion/completion-command.ts';
import type { Edge } from './edge.ts';
import { parseDuration } from './human-duration.ts';
import { examples } from './help-examples.ts';
import { KILL_FORMATS } from './kubectl-oom/kill-printer.ts';
import { SORT_KEYS } from './kubectl-oom/sort-kills.ts';
import { parseNamespace } from './parse-namespace.ts';
import { newProgram, runProgram } from './run-program.ts';

/**
 * Parses the command line of `kubectl oom` and runs it; resolves to the exit code.
 *
 * @param argv as `process.argv`: the runtime, the script, then the arguments
 */
export async function runKubectlOom(argv: readonly string[], edge: Edge): Promise<number> {
  return runProgram(program(edge), argv, edge);
}

/** kubectl's own names, letters and meanings for the flags that kubectl has as well; none has a variable. */
function program(edge: Edge): Command {
  const root = listCommand(edge).helpCommand(false);
  return root.addCommand(completionCommand('kubectl-oom', edge).copyInheritedSettings(root));
}

function listCommand(edge: Edge): Command {
  return newProgram('kubectl oom', DESCRIPTION, edge)
    .usage('[POD] [options]')
    .addArgument(new Argument('[pod]', POD).argParser(parsePod))
    .addOption(new Option('-A, --all-namespaces', 'of all namespaces, and of the Nodes'))
    .addOption(new Option('-n, --namespace <name>', NAMESPACE).argParser(parseNamespace))
    .addOption(new Option('-l, --selector <selector>', 'of the Pods with these labels'))
    .addOption(new Option('--node <name>', 'on this node'))
    .addOption(new Option('--since <duration>', SINCE).argParser(parseSince))
    .addOption(new Option('-w, --watch', 'go on with what comes'))
    .addOption(new Option('--sort-by <column>', SORT_BY).choices(SORT_KEYS).default('last'))
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(KILL_FORMATS))
    .addOption(new Option('--from-node', FROM_NODE))
    .addOption(new Option('--recorder-namespace <name>', RECORDER).default('oom-recorder'))
    .addOption(new Option('--context <name>', 'of the kubeconfig (default: the current one)'))
    .addOption(new Option('--kubeconfig <path>', KUBECONFIG))
    .addHelpText('after', examples(EXAMPLES))
    .action((pod: string | undefined, options: KubectlOomOptions) =>
      kubectlOom(pod, options, edge),
    );
}

const RESOURCE = /^(?:(?:po|pod|pods)\/)?(?<name>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/;

/** `web` or `pod/web`. */
function parsePod(text: string): string {
  const name = RESOURCE.exec(text)?.groups?.['name'];
  if (name === undefined)
    throw new InvalidArgumentError('Write the name of a Pod, web or pod/web.');
  return name;
}

function parseSince(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('Write 30m, 2h, 1d or 1h30m.');
  return ms;
}

const DESCRIPTION = 'Shows the OOM kills that oom-recorder has recorded in a cluster.';
const NAMESPACE = 'of this namespace (default: the context’s)';
const POD = 'explain the last OOM kill of this Pod; with -o, list its kills';
const SINCE = 'not before: 30m, 2h, 1d; more than 1h asks the nodes';
const SORT_BY = 'ascending, the largest or newest last';
const FROM_NODE = 'ask the nodes’ histories, through a port-forward to their agents';
const RECORDER = 'where the agents run';
const KUBECONFIG = '(default: $KUBECONFIG, else ~/.kube/config)';
const EXAMPLES = {
  'kubectl oom -A --since 24h': 'what was killed in a day, asked of the nodes',
  'kubectl oom web-0 -n shop': 'the last kill of a Pod: what happened and what to do',
  'kubectl oom -A -w': 'what is killed from now on',
};
