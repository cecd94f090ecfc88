import { fileText, httpUrl, OutputOptionsError, type ReadAnew } from './output-options.ts';

/** Flags and variables that say where kills are posted. */
export interface WebhookOptions {
  readonly webhookUrl?: string;
  readonly webhookSecretFile?: string;
  readonly webhookCaFile?: string;
  readonly webhookTaskTables?: boolean;
}

/** Where, signed with what, trusting whom; the files are read for each request. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret?: ReadAnew | undefined;
  /** PEM; the usual authorities where absent. */
  readonly ca?: ReadAnew | undefined;
  readonly taskTables: boolean;
}

/**
 * Where kills are posted; `undefined` where nobody asked for it.
 *
 * @throws OutputOptionsError
 */
export function webhookTarget(
  { webhookUrl, webhookSecretFile, webhookCaFile, webhookTaskTables = false }: WebhookOptions,
  readText: (path: string) => string,
): WebhookTarget | undefined {
  if (webhookUrl === undefined) {
    if (webhookSecretFile === undefined && webhookCaFile === undefined && !webhookTaskTables)
      return;
    throw wrong('say where it is with --webhook-url');
  }
  const url = httpUrl(webhookUrl, '--webhook-url', wrong);
  if (url.protocol === 'http:' && webhookCaFile !== undefined) {
    throw wrong('an http URL has no certificate for --webhook-ca-file');
  }
  const full = (path: string): string => {
    const text = readText(path);
    if (text.trim() === '') throw new Error('the file is empty');
    return text;
  };
  const read = (what: string, path: string | undefined): ReadAnew | undefined =>
    path === undefined ? undefined : fileText(what, path, full, wrong);
  const secret = read('secret', webhookSecretFile);
  const ca = read('authority', webhookCaFile);
  return { url: url.href, secret, ca, taskTables: webhookTaskTables };
}

function wrong(problem: string, cause?: unknown): OutputOptionsError {
  return new OutputOptionsError('E_WEBHOOK_OPTIONS', `Webhook: ${problem}`, cause);
}
