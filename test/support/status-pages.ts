import type { StatusPages } from '../../src/telemetry/server.ts';
import { html, text } from '../../src/telemetry/answer.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** Pages with nothing on them, for whoever asks; what a test is about goes on top. */
export function statusPages(pages: Partial<StatusPages> = {}): StatusPages {
  return {
    clock: SYSTEM_CLOCK,
    metrics: { contentType: 'text/plain', render: async () => '' },
    openMetrics: { contentType: 'text/plain', render: async () => '' },
    health: [],
    readiness: [],
    page: async () => html(''),
    admit: async () => 'all',
    metricsNeedToken: false,
    episodes: () => text(200, ''),
    onError: (err) => {
      throw err;
    },
    ...pages,
  };
}
