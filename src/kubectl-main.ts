#!/usr/bin/env node
import { runKubectlOom } from './kubectl-cli.ts';
import { processEdge } from './process-edge.ts';

// A single executable is CommonJS, which cannot await here.
runKubectlOom(process.argv, processEdge(process)).then(
  (code) => process.exit(code),
  (err: unknown) => {
    throw err;
  },
);
