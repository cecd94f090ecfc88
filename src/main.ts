#!/usr/bin/env node
import { runCli } from './cli.ts';
import { runProcess } from './process-edge.ts';

/** What is recorded tells of every tenant's processes: the state is this user's alone. */
const OWN_FILES_ONLY = 0o077;

process.umask(OWN_FILES_ONLY);
void runProcess(process, runCli);
