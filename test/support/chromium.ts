import { type Browser, chromium } from 'playwright-core';
import { haveTools } from './test-tools.ts';

/** Where Debian puts it. */
const EXECUTABLE = '/usr/bin/chromium';

/** Whether there is one, installed if need be. */
export async function haveChromium(): Promise<boolean> {
  return haveTools('chromium');
}

/** Debian's Chromium without a window. Its sandbox does not run as root; what it shows is ours. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] });
}
