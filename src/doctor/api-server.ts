import type { Time } from '../clock.ts';
import type { ApiClient } from '../kube/api-client.ts';
import { ApiError, type ApiErrorCode } from '../kube/api-errors.ts';
import { text } from '../kube/loose-json.ts';
import { type Check, check, failed, type Finding, ok, unknown, whyOf } from './check.ts';

const VERSION_PATH = '/version';

/** A status that a server gave on purpose. */
const REFUSED: ReadonlySet<string> = new Set(['E_API_FORBIDDEN', 'E_API_NOT_FOUND']);

const FIXES: Readonly<Partial<Record<ApiErrorCode, string>>> = {
  E_API_UNREACHABLE: 'check its address, the network and its NetworkPolicies, and the CA',
  E_API_TIMEOUT: 'check the network, a firewall that drops, and the load of the API server',
  E_API_CREDENTIALS:
    'in a pod: is the ServiceAccount’s token mounted? Else check the kubeconfig’s user',
  E_API_UNAUTHORIZED: 'the token is wrong or over: log in again, or restart the pod',
  E_API_GARBLED: 'something stands between, a proxy or a log-in page: ask the API server itself',
};

const NO_ANSWER = 'the API server did not tell';

/** It answers those who have our credentials. */
export function apiServerCheck(client: Pick<ApiClient, 'getJson'>, server: string): Check {
  return check('API server', async () => {
    try {
      const version = text(await client.getJson(VERSION_PATH), 'gitVersion');
      if (version === undefined) return unknown(`${server} answers, and not as Kubernetes does`);
      return ok(`${server} answers, Kubernetes ${version}`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return REFUSED.has(error.code) ? ok(`${server} answers`) : failedBy(error, server);
    }
  });
}

/** Why the API server did not answer; never an answer's own words, which may quote our request. */
function failedBy(error: ApiError, server: string): Finding {
  const { code, message, status } = error;
  const why = status === undefined ? causeOf(error) : undefined;
  const found = `${server}: ${message}${why === undefined ? '' : `: ${why}`} [${code}]`;
  return failed(found, FIXES[code] ?? `see ${code} in docs/runbook.md`);
}

/** The innermost says most. */
function causeOf({ cause }: Error): string | undefined {
  return cause instanceof Error ? (causeOf(cause) ?? whyOf(cause)) : undefined;
}

/** The same checks, run when that one is done: nothing more is asked of a server that does not answer. */
export function whereAnswered(server: Check, checks: readonly Check[]): readonly Check[] {
  let asked: Promise<Finding> | undefined;
  const ask = (): Promise<Finding> => (asked ??= Promise.resolve(server.look()));
  const others = checks.map(({ name, look }) =>
    check(name, async () => {
      const { status } = await ask();
      return status === 'failed' ? unknown('the API server does not answer') : look();
    }),
  );
  return [check(server.name, ask), ...others];
}

/** kubernetes-event-exporter leaves out what is older by default (`maxEventAgeSeconds`). */
const MAX_SKEW_MS = 5_000;
/** `Date` has whole seconds. */
const DATE_MS = 1_000;

/** The wall clock is the API server's: an Event's times are ours, everybody else's its. */
export function clockCheck(
  client: Pick<ApiClient, 'getDated'>,
  { wallMs }: Pick<Time, 'wallMs'>,
): Check {
  return check('clock', async () => {
    const beforeMs = wallMs();
    const dateMs = await client.getDated(VERSION_PATH).then(
      (answer) => answer.dateMs,
      () => undefined,
    );
    if (dateMs === undefined) return unknown(`${NO_ANSWER} its time`);
    const [aheadMs, behindMs] = [beforeMs - dateMs - DATE_MS, dateMs - wallMs()];
    const skewMs = Math.max(aheadMs, behindMs);
    if (skewMs <= MAX_SKEW_MS) return ok('as the API server’s');
    const seconds = Math.round(skewMs / 1000);
    const how = aheadMs > behindMs ? 'ahead of' : 'behind';
    return failed(`${seconds} s ${how} the API server’s`, 'set it by NTP, here or there');
  });
}

/** The Node that Events are about is in the cluster, and is this machine. */
export function nodeCheck(
  client: Pick<ApiClient, 'getJson'>,
  name: string,
  bootId: () => string,
): Check {
  return check('Node', async () => {
    try {
      const node = await client.getJson(`/api/v1/nodes/${name}`);
      const itsBootId = text(node, 'status', 'nodeInfo', 'bootID');
      if (itsBootId === undefined || itsBootId === bootId()) return ok(`${name} is in the cluster`);
      return failed(
        `${name} is another machine, or its kubelet has not reported since this one booted`,
        'give this machine’s name as kubectl get nodes prints it: --node-name, or NODE_NAME',
      );
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code !== 'E_API_NOT_FOUND') return unknown(`${NO_ANSWER} whether there is ${name}`);
      return failed(
        `${name} is not in the cluster`,
        'give its name as kubectl get nodes prints it: --node-name, or NODE_NAME',
      );
    }
  });
}
