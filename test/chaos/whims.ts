import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  answerHtml,
  answerStatus,
  type Behaviour,
  type Exchange,
  reset,
} from '../support/misbehaving-server.ts';
import type { Dice } from './dice.ts';
import type { Whim } from './plan-troubles.ts';
import { type Forward, passOn } from './pass-on.ts';

/** A pod that is at the API server for longer than this is known to an agent whose watch is open. */
export const MAX_STALL_MS = 2000;
const MAX_LATE_MS = 4000;
const NEVER_MS = 8000;

const RETRY_AFTERS = ['0', '1', '3', '86400', 'Wed, 21 Oct 2099 07:28:00 GMT', 'soon', '-5', '1e9'];

/** How one request is answered on such a whim. */
export function behaviourOf(whim: Whim, dice: Dice, forward: Forward): Behaviour {
  switch (whim) {
    case 'too-many': {
      const retryAfter = dice.pick(['', ...RETRY_AFTERS]);
      return answerStatus(429, {}, retryAfter === '' ? {} : { 'Retry-After': retryAfter });
    }
    case 'server-error':
      return answerWith(dice.pick([500, 502, 503, 504]), dice.pick(['status', 'html', 'nothing']));
    case 'forbidden':
      return answerWith(403, dice.pick(['status', 'html']));
    case 'html':
      return dice.chance(0.5) ? answerHtml : answerWith(dice.pick([400, 404, 413]), 'html');
    case 'unauthorized':
      return answerWith(401, 'status');
    case 'gone':
      return answerWith(410, 'status');
    case 'reset':
      return reset;
    case 'answer-lost':
      return afterwards(forward, ({ request }) => request.socket.destroy());
    case 'half':
      return beginning(forward, dice, ({ request }) => request.socket.destroy());
    case 'cut-short':
      return beginning(forward, dice, ({ response }) => void response.end());
    case 'stall':
      return beginning(forward, dice, ({ request }) => {
        setTimeout(() => request.socket.destroy(), MAX_STALL_MS).unref();
      });
    case 'late': {
      const lateMs = dice.between(100, MAX_LATE_MS);
      return (exchange) => void delay(lateMs).then(() => passOn(forward)(exchange));
    }
    case 'never':
      return ({ request }) => void setTimeout(() => request.socket.destroy(), NEVER_MS).unref();
  }
}

function answerWith(code: number, body: 'status' | 'html' | 'nothing'): Behaviour {
  if (body === 'status') return answerStatus(code, { message: 'on a whim' });
  return ({ response }) => {
    response.writeHead(code, { 'Content-Type': 'text/html' });
    response.end(body === 'html' ? '<html><h1>Sorry</h1></html>' : '');
  };
}

/** The request is carried out, all of it, and its answer is lost. */
function afterwards(forward: Forward, end: (exchange: Exchange) => void): Behaviour {
  return (exchange) => {
    forward(exchange, (answer) => {
      answer.resume();
      // A watch goes on for minutes: it has been carried out when it begins.
      if (isWatch(exchange)) end(exchange);
      else answer.on('close', () => end(exchange));
    });
  };
}

/** The request is carried out; a part of the answer arrives, and then what `end` does. */
function beginning(forward: Forward, dice: Dice, end: (exchange: Exchange) => void): Behaviour {
  const share = dice.next();
  return (exchange) => {
    const { response } = exchange;
    forward(exchange, (answer: IncomingMessage) => {
      const { 'content-length': _, ...headers } = answer.headers;
      response.writeHead(answer.statusCode ?? 500, headers);
      response.flushHeaders();
      answer.once('data', (chunk: Buffer) => {
        response.write(chunk.subarray(0, Math.floor(chunk.length * share)));
        answer.destroy();
        end(exchange);
      });
    });
  };
}

function isWatch({ request }: Exchange): boolean {
  return request.url?.includes('watch=true') === true;
}
