import { crashRounds, crashFaults } from '../test/soak/crash-rounds.ts';
import { countsOf, kernelCrashRounds, wrongKills } from '../test/soak/kernel-crash-rounds.ts';
import type { ControlPlane } from './control-plane/control-plane.ts';
import { startControlPlane } from './control-plane/control-plane.ts';

/**
 * Kills an agent with SIGKILL 200 times at random moments while processes are OOM-killed, under a
 * real API server, and counts the Events: with replayed kills spread over many pods, with all of
 * them in one container, and with real kills in pods that come and go. The argument is another
 * number of rounds.
 */
const rounds = Number(process.argv[2] ?? 200);
const { random } = Math;

await using cluster = await startControlPlane();
await report('many pods', () => replayed(cluster));
await report('one container', () => replayed(cluster, 1));
if (process.getuid?.() === 0) await report('real kills', () => real(cluster));
else console.warn('SKIPPED: real kills need root');

/** What was done, in words, and what is wrong with it. */
interface Outcome {
  readonly said: string;
  readonly wrong: readonly string[];
}

async function report(name: string, play: () => Promise<Outcome>): Promise<void> {
  const startMs = performance.now();
  const { said, wrong } = await play();
  const seconds = Math.round((performance.now() - startMs) / 1000);
  console.log(`${name}: ${rounds} SIGKILLs, ${said}, ${wrong.length} wrong, ${seconds} s`);
  for (const line of wrong) console.log(`  ${line}`);
  if (wrong.length > 0) process.exitCode = 1;
}

async function replayed(on: ControlPlane, pods?: number): Promise<Outcome> {
  const result = await crashRounds(on, { rounds, pods, random });
  const { kills, bare } = result;
  const events = [...result.counts.values()].flat().length;
  const said = `${kills} kills (${bare} without context), ${events} Events`;
  return { said, wrong: crashFaults(result) };
}

async function real(on: ControlPlane): Promise<Outcome> {
  const result = await kernelCrashRounds(on, { rounds, random });
  const { kills, events } = result;
  const away = kills.filter(({ whileAway }) => whileAway).length;
  const onNode = countsOf(events).get('Node/crash-node') ?? 0;
  const said =
    `${kills.length} kills (${away} while it was away), ${events.length} Events, ` +
    `${onNode} kills on the Node`;
  return { said, wrong: wrongKills(result) };
}
