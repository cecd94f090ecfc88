import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { exportLine } from '../../../hack/control-plane/export-line.ts';

describe('the line to eval', () => {
  test.for(['/tmp/a-b_c.d/kubeconfig', "/tmp/it's $HOME/`x`", '/tmp/\n*'])('brings %j', (path) => {
    const script = `${exportLine(path)}printf %s "$KUBECONFIG"`;
    expect(execFileSync('sh', ['-c', script]).toString()).toBe(path);
  });
});
