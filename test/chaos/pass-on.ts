import { readFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Behaviour, Exchange } from '../support/misbehaving-server.ts';

/** Has the real server carry a request out; whoever asked is cut off where that fails. */
export type Forward = (exchange: Exchange, onAnswer: (answer: IncomingMessage) => void) => void;

/** To the API server at `url`, as whoever asks. */
export function forwardTo(url: string, caFile: string): Forward {
  const agent = new Agent({ ca: readFileSync(caFile), keepAlive: true });
  return ({ request, response, body }, onAnswer) => {
    const { method, headers, url: path = '/' } = request;
    const onward = httpsRequest(new URL(path, url), { agent, method, headers });
    const cutOff = (): void => void request.socket.destroy();
    onward.on('error', cutOff);
    onward.on('response', (answer) => {
      answer.on('error', cutOff);
      onAnswer(answer);
    });
    response.on('close', () => onward.destroy());
    onward.end(body);
  };
}

/** The request and its answer, as they are. */
export function passOn(forward: Forward): Behaviour {
  return (exchange) => {
    const { response } = exchange;
    forward(exchange, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      response.flushHeaders(); // those of a watch come before its first event
      answer.pipe(response);
    });
  };
}
