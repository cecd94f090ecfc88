import { crashRounds, wrongCounts } from '../test/soak/crash-rounds.ts';
import { startControlPlane } from './control-plane/control-plane.ts';

/**
 * Kills an agent with SIGKILL 200 times at random moments while processes are OOM-killed, under a
 * real API server, and counts the Events: once with the kills spread over many pods, once with all
 * of them in one container. The argument is another number of rounds.
 */
const rounds = Number(process.argv[2] ?? 200);

await using cluster = await startControlPlane();
for (const [name, pods] of [
  ['many pods', undefined],
  ['one container', 1],
] as const) {
  const startMs = performance.now();
  const result = await crashRounds(cluster, { rounds, pods, random: Math.random });
  const wrong = wrongCounts(result);
  const seconds = Math.round((performance.now() - startMs) / 1000);
  const events = [...result.events.values()].reduce((a, b) => a + b, 0);
  console.log(
    `${name}: ${rounds} SIGKILLs, ${result.kills} kills (${result.bare} without context), ` +
      `${events} Events, ${wrong.length} wrong, ${seconds} s`,
  );
  for (const line of wrong) console.log(`  ${line}`);
  if (wrong.length > 0) process.exitCode = 1;
}
