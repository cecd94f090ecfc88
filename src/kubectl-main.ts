#!/usr/bin/env node
import { runKubectlOom } from './kubectl-cli.ts';
import { processEdge } from './process-edge.ts';

const edge = processEdge(process);

/** The bundle is CommonJS, which cannot await outside of a function. */
async function main(): Promise<void> {
  const exitCode = await runKubectlOom(process.argv, edge);
  await edge.flush();
  process.exit(exitCode);
}

void main();
