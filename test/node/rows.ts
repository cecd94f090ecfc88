import type { Row } from './row.ts';
import { earlyKill, examplePods, groupOfFour, singleExamplePods } from './rows/containers.ts';
import { agentKilled, apiServerAway, kubeletRestart, rollout } from './rows/interruptions.ts';
import { kernelNoise, printkDelay, userNoise } from './rows/log-trouble.ts';
import { ephemeralContainer, initContainer, sidecar } from './rows/kinds.ts';
import { bestEffort, podLimit, qosClasses } from './rows/limits.ts';
import { crashLoop, reboot, staticPod } from './rows/pod-lives.ts';
import { execSession, ownCgroup, singleExecSession } from './rows/sessions.ts';
import { singleStorm, singleStormOfChildren, storm, stormOfGroups } from './rows/storms.ts';
import { systemWide } from './rows/system-wide.ts';

/**
 * The matrix, in the order in which it is played: those that change the kubelet's configuration
 * together and first, since that restarts it.
 */
export const ROWS: readonly Row[] = [
  singleExamplePods,
  singleExecSession,
  singleStorm,
  singleStormOfChildren,
  examplePods,
  groupOfFour,
  initContainer,
  sidecar,
  ephemeralContainer,
  earlyKill,
  staticPod,
  qosClasses,
  bestEffort,
  podLimit,
  crashLoop,
  ownCgroup,
  execSession,
  storm,
  systemWide,
  printkDelay,
  userNoise,
  kernelNoise,
  kubeletRestart,
  rollout,
  agentKilled,
  apiServerAway,
  stormOfGroups, // last in the short form: its pods take minutes to end
  reboot,
];
