import { expect, test } from 'vitest';
import { KillAudit, type AuditFigures } from '../../src/oom/kill-audit.ts';

function surroundings(total: number | undefined) {
  const kernel = { total };
  const tally = { killLines: 0, lost: 0 };
  const said: AuditFigures[] = [];
  const audit = new KillAudit({
    total: () => kernel.total,
    tally,
    onMissing: (figures) => said.push(figures),
  });
  return { kernel, tally, said, audit };
}

test('kills before the start are no mystery', () => {
  const { audit, tally, said } = surroundings(7);
  tally.killLines = 3;
  audit.quiet(0);
  expect(audit.figures).toMatchObject({ counted: 7, recorded: 3, beforeStart: 4, unexplained: 0 });
  expect(said).toEqual([]);
});

test('a difference is said when it is seen again', () => {
  const { audit, kernel, said } = surroundings(0);
  audit.quiet(0);
  kernel.total = 2;
  audit.quiet(1000);
  expect(said).toEqual([]);
  audit.quiet(2000);
  expect(said).toMatchObject([{ unexplained: 2, lost: 0 }]);
});

test('a kill that was counted before it was printed is no difference', () => {
  const { audit, kernel, tally, said } = surroundings(0);
  audit.quiet(0);
  kernel.total = 1;
  audit.quiet(1000);
  tally.killLines = 1;
  audit.quiet(2000);
  audit.quiet(3000);
  expect(said).toEqual([]);
  expect(audit.figures).toMatchObject({ counted: 1, recorded: 1, unexplained: 0 });
});

test('kills that went with lost records are known to be lost', () => {
  const { audit, kernel, tally } = surroundings(0);
  audit.quiet(0);
  kernel.total = 5;
  Object.assign(tally, { killLines: 2, lost: 90 });
  audit.quiet(1000);
  audit.quiet(2000);
  expect(audit.figures).toMatchObject({ recorded: 2, lost: 3, unexplained: 0 });
});

test('a difference is not believed in less time than a line needs to be printed', () => {
  const { audit, kernel, tally, said } = surroundings(0);
  audit.quiet(0);
  kernel.total = 1;
  tally.lost = 1;
  expect(audit.quiet(1000)).toBe(1000);
  expect(audit.quiet(1300)).toBe(700);
  expect(said).toEqual([]);
  expect(audit.quiet(2000)).toBeUndefined();
  expect(said).toMatchObject([{ lost: 1 }]);
});

test('who asks what went with lost records is told when it is known', () => {
  const { audit, kernel, tally } = surroundings(0);
  expect(audit.killsLost).toBeUndefined();
  audit.quiet(0);
  expect(audit.killsLost).toBe(0);
  kernel.total = 3;
  tally.lost = 40;
  audit.quiet(1000);
  expect(audit.killsLost).toBeUndefined();
  audit.quiet(2000);
  expect(audit.killsLost).toBe(3);
});

test('kills among records lost before the first comparison are anybody’s guess', () => {
  const { audit, kernel, tally } = surroundings(5);
  tally.lost = 10;
  audit.quiet(0);
  expect(audit.killsLost).toBeUndefined();
  tally.lost = 12;
  kernel.total = 6;
  audit.quiet(1000);
  audit.quiet(2000);
  expect(audit.killsLost).toBe(1);
});

test('a kernel that counts nothing leaves it unknown', () => {
  const { audit } = surroundings(undefined);
  audit.quiet(0);
  expect(audit.figures).toBeUndefined();
});
