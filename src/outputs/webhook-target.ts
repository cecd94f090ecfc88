import { fileText, httpUrl, OutputOptionsError, type ReadAnew } from './output-options.ts';
import { withoutAbsent } from '../without-absent.ts';

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
  readonly secret?: ReadAnew;
  /** PEM; the usual authorities where absent. */
  readonly ca?: ReadAnew;
  readonly taskTables: boolean;
}

/** The flags and variables do not say one place to post to. */
export class WebhookOptionsError extends OutputOptionsError {
  readonly code = 'E_WEBHOOK_OPTIONS';

  constructor(problem: string, cause?: unknown) {
    super(`Webhook: ${problem}`, cause);
  }
}

/**
 * Where kills are posted; `undefined` where nobody asked for it.
 *
 * @throws WebhookOptionsError
 */
export function webhookTarget(
  { webhookUrl, webhookSecretFile, webhookCaFile, webhookTaskTables = false }: WebhookOptions,
  readText: (path: string) => string,
): WebhookTarget | undefined {
  if (webhookUrl === undefined) {
    if (webhookSecretFile === undefined && webhookCaFile === undefined && !webhookTaskTables)
      return;
    throw new WebhookOptionsError('say where it is with --webhook-url');
  }
  const url = httpUrl(webhookUrl, '--webhook-url', WebhookOptionsError);
  if (url.protocol === 'http:' && webhookCaFile !== undefined) {
    throw new WebhookOptionsError('an http URL has no certificate for --webhook-ca-file');
  }
  const full = (path: string): string => {
    const text = readText(path);
    if (text.trim() === '') throw new Error('the file is empty');
    return text;
  };
  const read = (what: string, path: string | undefined): ReadAnew | undefined =>
    path === undefined ? undefined : fileText(what, path, full, WebhookOptionsError);
  const secret = read('secret', webhookSecretFile);
  const files = withoutAbsent({ secret, ca: read('authority', webhookCaFile) });
  return { url: url.href, taskTables: webhookTaskTables, ...files };
}
