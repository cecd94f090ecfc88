import { describe, expect, test } from 'vitest';
import { prefersOpenMetrics } from '../../src/telemetry/prefers-open-metrics.ts';

describe('OpenMetrics', () => {
  test.each([
    [
      'Prometheus 2',
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    ],
    [
      'Prometheus 3',
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
    ],
    ['who asks for nothing else', 'Application/OpenMetrics-Text'],
  ])('is what %s would rather have', (_, accept) => {
    expect(prefersOpenMetrics(accept)).toBe(true);
  });

  test.each([
    ['a browser', 'text/html,application/xhtml+xml,*/*;q=0.8'],
    ['curl', '*/*'],
    ['who says nothing', ''],
    ['who prefers text', 'text/plain;q=0.5,application/openmetrics-text;q=0.4'],
    ['who refuses it', 'application/openmetrics-text;q=0'],
    ['who writes nonsense', ';;q=x,application/openmetrics-text;q=..'],
  ])('is not for %s', (_, accept) => {
    expect(prefersOpenMetrics(accept)).toBe(false);
  });
});
