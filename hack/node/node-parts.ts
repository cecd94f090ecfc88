import { type Log, needCommands } from '../control-plane/commands.ts';
import { type Accelerator, chooseAccelerator } from './accelerator.ts';
import { type BaseImages, resolveBaseImages } from './base-images.ts';
import { type Kernel, resolveKernel } from './kernel.ts';
import { type NodeBinaries, resolveNodeBinaries } from './node-binaries.ts';
import { resolveRootDisk } from './root-disk.ts';

/** All that a node is started from, and that outlives it in the cache. */
export interface NodeParts {
  readonly binaries: NodeBinaries;
  readonly images: BaseImages;
  readonly kernel: Kernel;
  readonly accelerator: Accelerator;
  readonly rootDisk: string;
}

/** Whatever is not in the cache is made: the first time takes many minutes. */
export async function resolveNodeParts(
  kernelSeries: string,
  context: { readonly env: NodeJS.ProcessEnv; readonly log: Log },
): Promise<NodeParts> {
  if (process.arch !== 'x64')
    throw new Error(`a node is a PC: no way to make one on ${process.arch}`);
  if (process.getuid?.() !== 0) throw new Error('a node is made by root: its files belong to root');
  await needCommands({ 'qemu-system-x86_64': 'qemu-system-x86', 'qemu-img': 'qemu-utils' });
  const binaries = await resolveNodeBinaries(context);
  const images = await resolveBaseImages(binaries.pause, context);
  const kernel = await resolveKernel(kernelSeries, context);
  const accelerator = await chooseAccelerator(kernel, context);
  const parts = { binaries, images, kernel, accelerator };
  return { ...parts, rootDisk: await resolveRootDisk(parts, context) };
}
