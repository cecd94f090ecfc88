import { inStorm } from '../judge/expected.ts';
import { onePod, type PodPlan } from '../play/pods.ts';
import type { Row } from '../row.ts';
import { eatAt, groupAt } from '../play/scripts.ts';

/** More than twice what the kernel explains in five seconds. */
const PODS = 25;
const LIMIT = '16Mi';
const GROUP = 3;

const each = <T>(make: (name: string) => T): readonly T[] =>
  Array.from({ length: PODS }, (_, at) => make(`storm-${at}`));

const lone = (name: string): PodPlan => onePod(name, { script: eatAt(), limit: LIMIT });

const group = (name: string): PodPlan =>
  onePod(name, { script: groupAt(GROUP), limit: LIMIT, processes: GROUP });

export const storm: Row = {
  name: 'storm',
  isStorm: true,
  play: async (scene) => {
    await scene.start(...each(lone));
    await scene.release();
    return each((name) => inStorm(name, LIMIT));
  },
};

export const stormOfGroups: Row = {
  name: 'storm-of-groups',
  inShort: true,
  isStorm: true,
  play: async (scene) => {
    await scene.start(...each(group));
    await scene.release();
    return each((name) => inStorm(name, LIMIT, { isGroup: true }));
  },
};

export const singleStorm: Row = {
  ...storm,
  name: 'single-storm',
  singleProcess: true,
};

/** One child of each dies, and nobody else. */
export const singleStormOfChildren: Row = {
  name: 'single-storm-of-children',
  isStorm: true,
  singleProcess: true,
  play: async (scene) => {
    await scene.start(...each(group));
    await scene.release();
    return each((name) => inStorm(name, LIMIT, { survived: true }));
  },
};
