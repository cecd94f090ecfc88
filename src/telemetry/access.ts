import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Wanted } from '../kube/token-reviewer.ts';
import type { LimitLevel } from '../oom/episode.ts';
import { type Answer, problem } from './answer.ts';
import type { ReviewToken } from './reviewed-tokens.ts';

/** Whose episodes may be shown: everybody's, or those of the namespace that was asked for. */
export type Access = 'all' | 'namespace';

/** Where more than a pod shares the limit, the task table and who asked for memory are of others, too. */
export function isOfItsOwn(limitLevel: LimitLevel | undefined): boolean {
  return limitLevel === 'container' || limitLevel === 'pod';
}

/** Tells it from what is answered to whom is not admitted. */
export function isAdmitted(access: Access | Answer): access is Access {
  return typeof access === 'string';
}

/** What a request says of who sends it. */
export interface Visitor {
  readonly headers: IncomingMessage['headers'];
  readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
}

/** Whether a visitor may see what is not for everybody; what is answered where not. */
export type Admit = (visitor: Visitor, wanted: Wanted) => Promise<Access | Answer>;

/** Not all of 127.0.0.0/8: the proxy of a service mesh passes on from 127.0.0.6 what came from elsewhere. */
const LOOPBACK = /^(?:(?:::ffff:)?127\.0\.0\.1|::1)$/;
const BEARER = /^Bearer +(?<token>[\w.~+/-]+=*)$/i;

/**
 * Lets in whom what every tenant did is for: who is on this host (`kubectl port-forward` arrives from its loopback address), and
 * who shows a token of somebody who may get pods there, or the metrics. Who shows credentials is judged by them, wherever he is,
 * and what a proxy passes on comes from elsewhere.
 *
 * The `Host` is checked first: a page in a browser that has such a port open could have its own name lead
 * there (DNS rebinding). Nobody's name in the DNS is an address, `localhost`, or what we are called.
 *
 * @param hostNames what this host is called besides `localhost`: the Node's name, the pod's
 * @param review says who may get what; none without a cluster
 */
export function accessRules(hostNames: readonly string[], review: ReviewToken | undefined): Admit {
  const ours = new Set(['localhost', ...hostNames.map((name) => name.toLowerCase())]);
  return async ({ headers, socket }, wanted) => {
    const host = hostOf(headers.host);
    if (isIP(host) === 0 && !ours.has(host)) return problem(403, WRONG_HOST);
    if (headers.authorization !== undefined) return judge(headers.authorization, wanted, review);
    const isPassedOn = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
    const isHere = LOOPBACK.test(socket.remoteAddress ?? '') && !isPassedOn;
    return isHere ? 'all' : problem(403, FROM_ELSEWHERE);
  };
}

function hostOf(header = ''): string {
  const name = /^(?:\[(?<ipv6>[^\]]*)\]|(?<name>[^:]*))(?::\d*)?$/.exec(header)?.groups;
  return (name?.['ipv6'] ?? name?.['name'] ?? '').toLowerCase();
}

async function judge(
  authorization: string,
  wanted: Wanted,
  review: ReviewToken | undefined,
): Promise<Access | Answer> {
  const token = BEARER.exec(authorization)?.groups?.['token'];
  if (token === undefined) return problem(403, 'of credentials a bearer token alone is taken');
  if (review === undefined) return problem(403, NOBODY_TO_ASK);
  const refusal = await review(token, wanted);
  if (refusal === 'busy') return problem(429, 'too many tokens to review, ask again');
  if (refusal !== undefined) return problem(403, refusal);
  return wanted.kind === 'pods' && wanted.namespace !== undefined ? 'namespace' : 'all';
}

const WRONG_HOST =
  'the Host header is neither an address nor localhost nor the name of this node or pod';
const FROM_ELSEWHERE =
  'this is told to kubectl port-forward, or with the bearer token of who may get it';
const NOBODY_TO_ASK = 'this agent has no cluster that could tell whose the token is';
