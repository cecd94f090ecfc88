import { describe, expect, test } from 'vitest';
import { ApiError } from '../../src/kube/api-errors.ts';
import { type Followed, followEvents } from '../../src/kubectl-oom/follow-events.ts';
import type { EventApi } from '../../src/kubectl-oom/kube-events.ts';
import type { WatchEvent } from '../../src/reflector/list-and-watch.ts';
import { FakeClock } from '../support/fake-clock.ts';
