import type { Subject } from './attribute.ts';

/** About whose Pods something is posted (`--namespaces`, `--exclude-namespaces`); about all where neither is there. */
export interface NamespaceChoice {
  readonly namespaces?: readonly string[];
  readonly excludeNamespaces?: readonly string[];
}

/** Whether something is posted about a subject. The Node is nobody's namespace: about it always. */
export function isPosted({
  namespaces,
  excludeNamespaces = [],
}: NamespaceChoice): (subject: Subject) => boolean {
  return (subject) => {
    if (subject.kind === 'node') return true;
    const { namespace } = subject.pod;
    return namespaces?.includes(namespace) ?? !excludeNamespaces.includes(namespace);
  };
}
