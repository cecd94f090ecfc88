import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A request as the API server saw it. */
export interface ServedRequest {
  /** Such as `list pods`. */
  readonly what: string;
  /** When it came, ms since the epoch. */
  readonly atMs: number;
  /** Until it was answered; of a watch until it was open. */
  readonly tookMs: number;
  readonly code: number;
}

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: { readonly resource: string };
  readonly responseStatus?: { readonly code: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

/**
 * Every request of one user, by the API server's audit log: its metrics do not tell who asked, nor when.
 *
 * @see https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
 */
export class AuditLog {
  readonly #log: string;
  readonly #policy: string;

  constructor(directory: string, user: string) {
    this.#log = join(directory, 'audit.log');
    this.#policy = join(directory, 'audit-policy.json');
    const policy = {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata', users: [user] }, { level: 'None' }],
    };
    writeFileSync(this.#policy, JSON.stringify(policy));
  }

  /** What the API server is to be started with. */
  get apiServerArgs(): readonly string[] {
    return [
      `--audit-policy-file=${this.#policy}`,
      `--audit-log-path=${this.#log}`,
      '--audit-log-maxsize=0',
    ];
  }

  /** Those that came in this time, ms since the epoch, and are answered. */
  between(fromMs: number, untilMs = Infinity): readonly ServedRequest[] {
    if (!existsSync(this.#log)) return [];
    return readAudit(readFileSync(this.#log, 'utf8')).filter(
      ({ atMs }) => atMs >= fromMs && atMs < untilMs,
    );
  }
}

/** A server that was killed may have left half a line. */
export function readAudit(log: string): readonly ServedRequest[] {
  return log
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(isAnswer)
    .map(toRequest);
}

/** The end of a watch is no second request. */
function isAnswer({ stage, verb }: AuditEvent): boolean {
  return stage === (verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete');
}

function toRequest(event: AuditEvent): ServedRequest {
  const { verb, requestURI, objectRef, responseStatus } = event;
  const atMs = Date.parse(event.requestReceivedTimestamp);
  return {
    what: `${verb} ${objectRef?.resource ?? requestURI}`,
    atMs,
    tookMs: Date.parse(event.stageTimestamp) - atMs,
    code: responseStatus?.code ?? 0,
  };
}
