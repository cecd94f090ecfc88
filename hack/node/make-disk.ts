import { needCommands, run } from '../control-plane/commands.ts';

/** An ext4 file system with what a directory has in it. Needs no mount, and takes no more than it holds. */
export async function makeDisk(directory: string, file: string, size: string): Promise<void> {
  await needCommands({ mke2fs: 'e2fsprogs' });
  const now = 'lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0'; // else the guest does it at leisure
  await run('mke2fs', ['-q', '-t', 'ext4', '-E', now, '-d', directory, file, size]);
}
