import { startControlPlane } from '../../hack/control-plane/control-plane.ts';

/** A program that starts a control plane and never stops it: somebody kills it. */
const { directory, pids } = await startControlPlane();
process.stdout.write(`${JSON.stringify({ directory, pids })}\n`);
