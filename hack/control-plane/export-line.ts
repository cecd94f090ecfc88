/** The one line that `make` prints for `eval`. */
export function exportLine(kubeconfig: string): string {
  return `export KUBECONFIG=${quote(kubeconfig)}\n`;
}

/** For a POSIX shell. */
export function quote(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
