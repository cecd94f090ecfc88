import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../control-plane/cache.ts';
import type { Log } from '../control-plane/commands.ts';
import { createDataDirectory } from '../control-plane/data-directory.ts';
import { TiedProcess } from '../control-plane/tied-process.ts';
import type { Kernel } from './kernel.ts';

/** QEMU's flags for it. */
export type Accelerator = readonly string[];

const KVM: Accelerator = ['-accel', 'kvm', '-cpu', 'host'];

/**
 * Wide registers and instructions for cryptography are the slowest to emulate. Without them programs
 * choose others: a node is ready for a sixth less of CPU time.
 */
const CPU = 'max,-avx2,-avx,-aes,-pclmulqdq,-bmi2,-adx';
const EMULATION: Accelerator = ['-accel', 'tcg,thread=multi', '-cpu', CPU];

const TRIAL_MS = 15_000;

/**
 * KVM where a guest really starts on it. There are machines, themselves virtual, whose /dev/kvm
 * opens and whose guests never get past the boot loader: only a trial tells. Its outcome holds
 * until the machine is booted again.
 */
export async function chooseAccelerator(
  kernel: Kernel,
  { env, log }: { readonly env: NodeJS.ProcessEnv; readonly log: Log },
): Promise<Accelerator> {
  const usable = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!usable) {
    log('no /dev/kvm: the CPU is emulated, which is slow');
    return EMULATION;
  }
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const cache = cacheDirectory(env, 'node');
  const file = join(cache, 'kvm');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known.startsWith(bootId)) return known.endsWith('works') ? KVM : EMULATION;
  const works = await tryKvm(kernel);
  log(
    works
      ? 'guests start on KVM'
      : 'guests do not start on KVM: the CPU is emulated, which is slow',
  );
  await mkdir(cache, { recursive: true });
  await writeFile(`${file}.${process.pid}`, `${bootId} ${works ? 'works' : 'hangs'}`);
  await rename(`${file}.${process.pid}`, file);
  return works ? KVM : EMULATION;
}

/** A kernel without any disk panics within two seconds where it gets that far. */
async function tryKvm(kernel: Kernel): Promise<boolean> {
  const data = await createDataDirectory('kvm-trial');
  const nothing = ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'];
  const boot = ['-kernel', kernel.image, '-append', 'panic=-1 console=ttyS0'];
  const machine = ['-machine', 'pc', '-m', '256', ...KVM, '-serial', 'file:console.log'];
  const command = ['qemu-system-x86_64', ...nothing, ...machine, ...boot];
  const qemu = new TiedProcess('qemu', command, data.path, join(data.path, 'qemu.log'));
  const screen = async () => readFile(join(data.path, 'console.log'), 'utf8').catch(() => '');
  try {
    const panicked = async () => (await screen()).includes('Kernel panic');
    return await qemu.whenReady(panicked, TRIAL_MS).then(
      () => true,
      () => false,
    );
  } finally {
    await qemu.kill('SIGKILL');
    await data.remove();
  }
}
