import { InvalidArgumentError } from 'commander';

/** RFC 1123 label: what the API server takes as a namespace's name. */
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A flag's value that names a namespace. One that can be none is wrong usage: a list of it would be empty for ever. */
export function parseNamespace(text: string): string {
  if (NAMESPACE.test(text)) return text;
  throw new InvalidArgumentError(`No namespace is called ${JSON.stringify(text)}.`);
}

/** Names of namespaces, with commas between them. */
export function parseNamespaces(text: string): readonly string[] {
  return text.split(',').map((name) => parseNamespace(name.trim()));
}
