#!/usr/bin/env node
import { runKubectlOom } from './kubectl-cli.ts';
import { runProcess } from './process-edge.ts';

void runProcess(process, runKubectlOom);
