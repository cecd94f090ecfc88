import { basename } from 'node:path';
import { type Check, check, failed, ok, unknown } from './check.ts';
import type { Process, ProcessList } from './process-list.ts';

/** Those that kill before the kernel does: their victims are in no kernel log. */
const USERSPACE_KILLERS = ['systemd-oomd', 'earlyoom', 'nohang', 'oomd'];

const NOT_VISIBLE = 'the host’s processes are not visible';

/** `/proc/<pid>` of a victim says whose it was when the kernel withholds it. */
export function hostProcessesCheck(processes: ProcessList): Check {
  return check('host processes', () =>
    processes.isHost
      ? ok('visible in /proc')
      : failed(
          `${NOT_VISIBLE}: kills whose context the kernel withholds go by counters alone`,
          'set hostPID: true as in manifests/base, or give --proc-root the host’s /proc',
        ),
  );
}

/** Nobody else records the same kills; the agent of our own container is who we are asked about. */
export function otherRecorderCheck(processes: ProcessList): Check {
  return check('other recorders', async () => {
    if (!processes.isHost) return unknown(NOT_VISIBLE);
    const others = (await processes.all()).filter(
      (process) =>
        isRecorder(process) &&
        process.pid !== processes.self &&
        !processes.isOfOurContainer(process.pid),
    );
    if (others.length === 0) return ok('none on this node by the name of oom-recorder');
    const pids = others.map(({ pid }) => pid).join(', ');
    return failed(
      `oom-recorder run is on this node already (pid ${pids})`,
      'stop one of them: both record every kill',
    );
  });
}

/** Nobody kills for want of memory but the kernel. */
export function userspaceKillersCheck(processes: ProcessList): Check {
  return check('user-space killers', async () => {
    if (!processes.isHost) return unknown(NOT_VISIBLE);
    const found = (await processes.all()).flatMap(({ pid, names }) => {
      const name = names.find((each) => USERSPACE_KILLERS.includes(each));
      return name === undefined ? [] : [{ pid, name }];
    });
    if (found.length === 0) return ok(`none of ${USERSPACE_KILLERS.join(', ')}`);
    const words = found.map(({ pid, name }) => `${name} (pid ${pid})`).join(', ');
    return failed(
      `${words}: its kills are in no kernel log, and lead to no Event`,
      `systemctl disable --now ${found[0]?.name}, or know that its kills are missing`,
    );
  });
}

/** The bundle or its link, told to run. */
export function isRecorder({ args }: Process): boolean {
  return args.some(
    (arg, at) => /^oom-recorder(?:\.js)?$/.test(basename(arg)) && args[at + 1] === 'run',
  );
}
