#!/usr/bin/env node
import { runCli } from './cli.ts';
import { processEdge } from './process-edge.ts';

/** What is recorded tells of every tenant's processes: the state is this user's alone. */
const OWN_FILES_ONLY = 0o077;

process.umask(OWN_FILES_ONLY);
const edge = processEdge(process);
/** The bundle is CommonJS, which cannot await outside of a function. */
async function main(): Promise<void> {
  const exitCode = await runCli(process.argv, edge);
  // An exit would cut what is not written yet.
  await edge.flush();
  process.exit(exitCode);
}

void main();
