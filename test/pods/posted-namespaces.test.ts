import { expect, test } from 'vitest';
import { isPosted, type NamespaceChoice } from '../../src/pods/posted-namespaces.ts';
import { podEntry } from '../support/telemetry.ts';

test.each<[NamespaceChoice, string, boolean]>([
  [{}, 'shop', true],
  [{ namespaces: ['shop', 'web'] }, 'web', true],
  [{ namespaces: ['shop', 'web'] }, 'kube-system', false],
  [{ excludeNamespaces: ['kube-system'] }, 'kube-system', false],
  [{ excludeNamespaces: ['kube-system'] }, 'kube-system-2', true],
])('with %j something is posted about a Pod in %s: %s', (choice, namespace, posted) => {
  const pod = { ...podEntry('web-0'), namespace };
  expect(isPosted(choice)({ kind: 'pod', pod })).toBe(posted);
});

test('about the Node something is posted whatever was chosen', () => {
  expect(isPosted({ namespaces: ['shop'] })({ kind: 'node' })).toBe(true);
});
