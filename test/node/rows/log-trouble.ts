import { type ExpectedEvent, onPod } from '../judge/expected.ts';
import { onePod } from '../play/pods.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../play/scene.ts';
import { eatAt, groupAt } from '../play/scripts.ts';

const REACHED = 'Memory limit of container app (32Mi) reached: killed process sh (pid {pid})';

/** A slow console made on demand: each line takes 30 ms, a report of a hundred three seconds. */
export const printkDelay: Row = {
  name: 'printk-delay',
  inShort: true,
  play: async (scene) => {
    await startTwo(scene);
    await scene.node.shell('sysctl -q kernel.printk_delay=30');
    try {
      return await killTwo(scene);
    } finally {
      await scene.node.shell('sysctl -q kernel.printk_delay=0');
    }
  },
};

/** Somebody writes to the log all the time, from another CPU. */
export const userNoise: Row = {
  name: 'user-noise',
  play: (scene) => playUnder(scene, 'echo "something else entirely" >/dev/kmsg'),
};

/** The kernel itself does: the help of SysRq is one line in twenty pieces, as `oom-kill:` is in nine. */
export const kernelNoise: Row = {
  name: 'kernel-noise',
  play: (scene) => playUnder(scene, 'echo h >/proc/sysrq-trigger'),
};

async function playUnder(scene: Scene, noise: string): Promise<readonly ExpectedEvent[]> {
  await startTwo(scene);
  const command = `while [ -e ${FLAG} ]; do ${noise}; sleep 0.01; done`;
  await scene.node.shell(
    `sysctl -q kernel.printk_devkmsg=on; touch ${FLAG}; (${command}) </dev/null >/dev/null 2>&1 &`,
  );
  try {
    return await killTwo(scene);
  } finally {
    await scene.node.shell(`rm ${FLAG}`);
  }
}

/** The noise goes on while it is there. */
const FLAG = '/run/node-test/noise';

async function startTwo(scene: Scene): Promise<void> {
  await scene.start(
    onePod('one', { script: eatAt('one'), limit: '32Mi' }),
    onePod('two', { script: groupAt(2, 'two'), limit: '32Mi', processes: 2 }),
  );
}

async function killTwo(scene: Scene): Promise<readonly ExpectedEvent[]> {
  await scene.release('one');
  await scene.release('two');
  for (const pod of ['one', 'two']) {
    await scene.untilContainer(pod, 'app', ({ state }) => state?.terminated !== undefined);
  }
  return [
    onPod('one', `${REACHED}, anon-rss {size}`),
    onPod('two', `${REACHED} and 1 other process of the container, anon-rss {size}`),
  ];
}
