import { Argument, Command } from 'commander';
import type { Edge } from '../edge.ts';
import { completionScript, type Shell, SHELLS } from './completion-script.ts';

/** `completion SHELL`: prints what that shell reads. */
export function completionCommand(program: string, { print }: Pick<Edge, 'print'>): Command {
  return new Command('completion')
    .description('print what a shell reads so that it completes this command')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: Shell) => print(completionScript(shell, program)));
}
