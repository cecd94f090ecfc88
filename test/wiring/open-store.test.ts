import { beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src/wiring/open-store.ts';
import { openLog } from '../../src/log.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const log = openLog({ level: 'silent', format: 'json' }, () => undefined);
const clock = new FakeClock(0);
let stateDir: string;

beforeEach(() => {
  stateDir = tempDirectory();
});

function open(isPrinting: boolean) {
  return openStore({ stateDir, historyMax: 9 }, isPrinting, log, { clock });
}

test('what is printed leaves alone what waits for a cluster', () => {
  {
    using posting = open(false);
    posting.cursor.advance({ bootId: 'boot-1', sequence: 7, backlogUntil: -1 });
    using printing = open(true);
    expect(printing.cursor.read()).toBeUndefined();
    printing.cursor.advance({ bootId: 'boot-1', sequence: 9, backlogUntil: -1 });
  }
  using posting = open(false);
  expect(posting.cursor.read()).toMatchObject({ sequence: 7 });
});

test('without a directory everybody has a memory of their own', () => {
  using one = openStore({ historyMax: 9 }, false, log, { clock });
  using other = openStore({ historyMax: 9 }, false, log, { clock });
  expect(other).not.toBe(one);
});
