import { describe, expect, test } from 'vitest';
import { type WebhookOptions, webhookTarget } from '../../src/outputs/webhook-target.ts';

const HOOK = 'https://hook.example/in?token=sesame';

function readText(path: string): string {
  if (path === 'missing') throw new Error('ENOENT');
  return path === 'empty' ? '\n' : `from ${path}\n`;
}

const target = (options: WebhookOptions) => webhookTarget(options, readText);

describe('where kills are posted', () => {
  test('is nowhere unless somebody says so', () => {
    expect(target({})).toBeUndefined();
    expect(target({ webhookTaskTables: false })).toBeUndefined();
  });

  test('is a URL, its query with it', () => {
    expect(target({ webhookUrl: HOOK })).toEqual({ url: HOOK, taskTables: false });
  });

  test('has its secret and its authority from files', () => {
    const files = { webhookSecretFile: 'secret', webhookCaFile: 'ca' };
    const found = target({ webhookUrl: HOOK, webhookTaskTables: true, ...files });
    expect(found?.taskTables).toBe(true);
    expect([found?.secret?.(), found?.ca?.()]).toEqual(['from secret', 'from ca']);
  });

  test.each<readonly [WebhookOptions, string]>([
    [{ webhookUrl: 'hook.example' }, '--webhook-url is no http or https URL'],
    [{ webhookUrl: 'ftp://hook.example' }, '--webhook-url is no http or https URL'],
    [{ webhookUrl: 'http://me:sesame@hook' }, 'take the user and the password out of'],
    [{ webhookUrl: 'http://me@hook' }, 'take the user and the password out of'],
    [{ webhookSecretFile: 'secret' }, 'say where it is with --webhook-url'],
    [{ webhookCaFile: 'ca' }, 'say where it is with --webhook-url'],
    [{ webhookTaskTables: true }, 'say where it is with --webhook-url'],
    [{ webhookUrl: 'http://hook', webhookCaFile: 'ca' }, 'an http URL has no certificate'],
    [{ webhookUrl: HOOK, webhookSecretFile: 'missing' }, 'the secret in missing cannot be read'],
    [{ webhookUrl: HOOK, webhookSecretFile: 'empty' }, 'the secret in empty cannot be read'],
    [{ webhookUrl: HOOK, webhookCaFile: 'missing' }, 'the authority in missing cannot be read'],
  ])('is not %j: %s', (options, problem) => {
    expect(() => target(options)).toThrow(
      expect.objectContaining({
        code: 'E_WEBHOOK_OPTIONS',
        message: expect.stringMatching(`^Webhook: ${problem}`),
      }),
    );
  });
});
