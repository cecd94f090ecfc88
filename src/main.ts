#!/usr/bin/env node
import { runCli } from './cli.ts';
import { processEdge } from './process-edge.ts';

process.exit(await runCli(process.argv, processEdge(process)));
