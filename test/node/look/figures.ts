/** One scrape, as far as rows look at it. */
export interface Figures {
  /** `container_oom_events_total`, by `namespace/pod/container`. */
  readonly kills: ReadonlyMap<string, number>;
  /** Everything without labels, by name. */
  readonly plain: ReadonlyMap<string, number>;
}

const SAMPLE = /^(?<name>\w+)(?:\{(?<labels>.*)\})? (?<value>\S+)$/;
const LABEL = /(?<key>\w+)="(?<value>[^"]*)"/g;

export function readFigures(text: string): Figures {
  const kills = new Map<string, number>();
  const plain = new Map<string, number>();
  for (const line of text.split('\n')) {
    const { name = '', labels, value } = SAMPLE.exec(line)?.groups ?? {};
    if (labels === undefined) plain.set(name, Number(value));
    else if (name === 'container_oom_events_total') kills.set(labelsOf(labels), Number(value));
  }
  return { kills, plain };
}

function labelsOf(text: string): string {
  const labels = new Map([...text.matchAll(LABEL)].map(([, key, value]) => [key, value]));
  return ['namespace', 'pod', 'container'].map((key) => labels.get(key) ?? '').join('/');
}

/** What was counted between two scrapes, where anything was; a series that is new began at 0. */
export function killsBetween(before: Figures, after: Figures): ReadonlyMap<string, number> {
  const grown = [...after.kills].map(
    ([key, value]) => [key, value - (before.kills.get(key) ?? 0)] as const,
  );
  return new Map(grown.filter(([, growth]) => growth !== 0));
}

export function growth(before: Figures, after: Figures, name: string): number {
  return (after.plain.get(name) ?? 0) - (before.plain.get(name) ?? 0);
}
