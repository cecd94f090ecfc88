/** What is known of a recorded kernel's kills without its log; the lines of a `.meta` are in testdata/README.md. */
export interface KernelTruth {
  /** Whether nobody but the OOM killer sent signal 9, and everybody was waited for. */
  readonly isWhole: boolean;
  /** The numbers by which the kernel may name a process that it killed, one or two. */
  readonly killed: readonly (readonly number[])[];
  readonly expected: readonly ExpectedKill[];
  /** `/proc/vmstat` `oom_kill`, as it was last. */
  readonly counted: number | undefined;
}

export interface ExpectedKill {
  readonly scenario: string;
  readonly pid: number;
  readonly cgroup: string | undefined;
  /** Of a path that is longer than what the kernel prints. */
  readonly cgroupBytes: number | undefined;
  readonly comm: string | undefined;
}

const BEGIN = /^@@BEGIN (?<scenario>.*)$/;
const EXPECT = /^@@EXPECT pid=(?<pid>\d+)(?<rest>.*)$/;
const KILLED = /^@@WAIT pid=(?<pid>\d+)(?: or=(?<or>\d+))? signal=9/;
const COUNTED = /^@@COUNTER vmstat oom_kill (?<count>\d+)/;

export function readTruth(lines: readonly string[]): KernelTruth {
  return {
    isWhole: lines.some((line) => line.startsWith('@@PLAYER ')),
    killed: lines.flatMap((line) => {
      const groups = KILLED.exec(line)?.groups;
      if (groups === undefined) return [];
      return [[...numbersIn(groups['pid']), ...numbersIn(groups['or'])]];
    }),
    expected: readExpected(lines),
    counted: lines.flatMap((line) => numbersIn(COUNTED.exec(line)?.groups?.['count'])).at(-1),
  };
}

function readExpected(lines: readonly string[]): readonly ExpectedKill[] {
  let scenario = '';
  return lines.flatMap((line) => {
    scenario = BEGIN.exec(line)?.groups?.['scenario'] ?? scenario;
    const { pid, rest = '' } = EXPECT.exec(line)?.groups ?? {};
    if (pid === undefined) return [];
    const field = (key: string): string | undefined =>
      new RegExp(` ${key}=(?<value>.*?)(?= [a-z-]+=|$)`).exec(rest)?.groups?.['value'];
    const hex = field('comm-hex');
    const bytes = field('cglen');
    return [
      {
        scenario,
        pid: Number(pid),
        cgroup: field('cg'),
        cgroupBytes: bytes === undefined ? undefined : Number(bytes),
        comm: hex === undefined ? undefined : Buffer.from(hex, 'hex').toString('utf8'),
      },
    ];
  });
}

function numbersIn(text: string | undefined): readonly number[] {
  return text === undefined ? [] : [Number(text)];
}
