import { parseArgs } from 'node:util';
import type { Row } from './row.ts';

export interface Options {
  readonly rows: readonly Row[];
  readonly times: number;
  readonly storms: number;
  /** Where to write what the kernel said, and what was true. */
  readonly record: string | undefined;
  /** All rows of a new node, then what people see and type there. */
  readonly isWhole: boolean;
  /** The node of `make node`, and leave it running. */
  readonly isRunningNode: boolean;
  /** Its agent as it is. */
  readonly keepsAgent: boolean;
}

const USAGE = `usage: make node-test ARGS='[OPTION]...'
Without --short, --row and --node, the tests of what people see and type there come last.
  --short            the rows that CI plays
  --row NAME         only these; may be given more than once
  --times N          the whole matrix so often
  --storms N         each storm so often
  --record DIR       write the kernel's records of each row to DIR, with the truth beside them
  --node running     on the node that \`make node\` started
  --keep-agent       … with the agent that runs there, not one made of this tree
  --list             the rows' names
NODE_KERNEL=6.1 chooses the kernel, NODE_CGROUP_DRIVER=cgroupfs the kubelet's driver.`;

/** What was asked for; throws what a person should read. */
export function readOptions(args: readonly string[], all: readonly Row[]): Options | 'list' {
  try {
    return parse(args, all);
  } catch (err) {
    throw new Error(`${err instanceof Error ? err.message : String(err)}\n${USAGE}`, {
      cause: err,
    });
  }
}

function parse(args: readonly string[], all: readonly Row[]): Options | 'list' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: { type: 'boolean', default: false },
      row: { type: 'string', multiple: true, default: [] },
      times: { type: 'string', default: '1' },
      storms: { type: 'string', default: '1' },
      record: { type: 'string' },
      node: { type: 'string', default: 'new' },
      'keep-agent': { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) return 'list';
  if (!['new', 'running'].includes(values.node))
    throw new Error(`no node is called ${values.node}`);
  return {
    rows: chooseRows(all, values.row, values.short),
    isWhole: values.row.length === 0 && !values.short && values.node === 'new',
    times: atLeastOne(values.times),
    storms: atLeastOne(values.storms),
    record: values.record,
    isRunningNode: values.node === 'running',
    keepsAgent: values['keep-agent'],
  };
}

function chooseRows(all: readonly Row[], names: readonly string[], short: boolean): readonly Row[] {
  const unknown = names.filter((name) => !all.some((row) => row.name === name));
  if (unknown.length > 0) throw new Error(`no row is called ${unknown.join(' or ')}`);
  if (names.length > 0) return all.filter(({ name }) => names.includes(name));
  return short ? all.filter(({ inShort }) => inShort) : all;
}

function atLeastOne(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${text} is not a number of times`);
  return Number(text);
}
