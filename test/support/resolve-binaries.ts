import { resolveBinaries } from '../../hack/control-plane/binaries.ts';

/** Before the first integration test: the first run on a machine builds for minutes, outside any time-out. */
export default async function resolveBeforeTests(): Promise<void> {
  await resolveBinaries();
}
